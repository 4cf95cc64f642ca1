"""`aws`, as pyproject.toml installs it over the script of the package awscli."""

import os
import sys

from awscli.clidriver import create_clidriver

from devenv.aws_cli import additions

USAGE_ERRORS = (2, 252)
"""With which awscli ends when it doesn't know a command or an option."""
HINT = (
    "This `aws` is AWS CLI 1 with what devenv adds to it: --cli-binary-format, --no-cli-pager and "
    "`logs tail`. Of CLI 2 it has nothing else.\n"
)


def run() -> int:
    if os.environ.get("LC_CTYPE") == "UTF-8":  # macOS's, which Python doesn't know; as in awscli.
        os.environ["LC_CTYPE"] = "en_US.UTF-8"
    driver = create_clidriver()
    additions.install(driver.session)
    try:
        return int(driver.main() or 0)
    except SystemExit as end:
        if end.code in USAGE_ERRORS:
            sys.stderr.write(HINT)
        raise


if __name__ == "__main__":
    sys.exit(run())
