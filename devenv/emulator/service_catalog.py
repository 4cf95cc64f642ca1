"""LocalStack's index of all AWS services, made once for an installation.

LocalStack makes it for the first request of every new environment: 5 s of CPU and 360 MB that
the process keeps. So `scripts/setup` makes it (`python -m devenv.emulator.service_catalog`), and
a new environment gets a copy. Without one LocalStack goes on as it always does.
"""

import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path


def file_name() -> str:
    """As LocalStack calls it; another version's index is another file."""
    versions = (version("localstack-core"), version("botocore"))
    return f"service-catalog-{'-'.join(v.replace('.', '_') for v in versions)}.dill"


def shared_file() -> Path:
    """Where the installation has it."""
    return Path(sys.prefix) / "share" / "devenv" / file_name()


def provide(filesystem: Path) -> None:
    """Put a copy where an environment's LocalStack looks for it, `filesystem` being its root."""
    target = filesystem / "var" / "lib" / "localstack" / "cache" / file_name()
    if target.exists() or not shared_file().exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    shutil.copyfile(shared_file(), partial)
    partial.rename(target)


def make() -> None:
    """Make it for this installation, unless it's there."""
    target = shared_file()
    if target.exists():
        return
    from localstack.aws.spec import build_service_index_cache

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    build_service_index_cache(str(partial))
    partial.rename(target)


if __name__ == "__main__":
    make()
