"""`python -m devenv`: the same as the console script."""

import gc
import sys

GARBAGE_THRESHOLD = 50_000
"""New objects until the collector looks at them. With Python's own 2,000 a command that lives for
half a second spends a tenth of it on looking at modules, none of which is garbage."""


def run() -> int:
    """The command line; Ctrl-C while it's still being imported ends it without a traceback."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        from devenv.cli import main
    except KeyboardInterrupt:
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(run())
