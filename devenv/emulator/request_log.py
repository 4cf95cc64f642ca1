"""Which requests the emulator's log has a line for: not those that only look whether it lives."""

import logging

LOGGER = "localstack.request.http"
OURS = "/_devenv/"
"""What the paths of pages begin with that health checks, `status` and `doctor` read."""


def install() -> None:
    logging.getLogger(LOGGER).addFilter(is_worth_a_line)


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """All but the pages of ours that were answered well; LocalStack leaves out its own."""
    if not isinstance(record.args, tuple) or len(record.args) != 3:
        return True
    _, path, status = record.args
    return not (str(path).startswith(OURS) and status == 200)
