"""The emulator's log isn't filled by those who only look whether it lives."""

import logging

import pytest

from devenv.emulator.request_log import is_worth_a_line


@pytest.mark.parametrize(
    ("args", "worth"),
    [
        (("GET", "/_devenv/plugins", 200), False),
        (("GET", "/_devenv/mappings", 200), False),
        (("GET", "/_devenv/plugins", 500), True),
        (("GET", "/bucket/_devenv/plugins", 200), True),
        (("no", "such"), True),
        ((), True),
    ],
)
def test_pages_of_ours_that_were_answered_are_not_told(
    args: tuple[object, ...], worth: bool
) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s %s => %d", args, None)
    assert is_worth_a_line(record) is worth
