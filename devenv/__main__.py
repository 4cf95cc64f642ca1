"""`python -m devenv`: the same as the console script."""

import sys


def run() -> int:
    """The command line; Ctrl-C while it's still being imported ends it without a traceback."""
    try:
        from devenv.cli import main
    except KeyboardInterrupt:
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(run())
