"""An empty MLflow database with all migrations done, to be copied in place of doing them again.

`python -m devenv.stack.registry_template` makes it, once for each version of MLflow; scripts/setup
and the environment's image do that. It lies beside the installed packages. It has MLflow's tables
and no rows but the schema's version: what a server adds on its first start depends on its options.
"""

import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

SIDE_FILES = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a database. Left over from another, it would be applied to the copy."""


def place(prefix: Path | None = None) -> Path:
    """Where the template of the installed MLflow is, if it was made."""
    folder = (prefix or Path(sys.prefix)) / "share" / "devenv"
    return folder / f"mlflow-{version('mlflow')}.db"


def provide(database: Path, template: Path | None = None) -> bool:
    """Copy the template to `database` if that isn't there yet; whether it was copied.

    Without a template nothing is done: then the server does the migrations.
    """
    source = template or place()
    beside = [database.with_name(database.name + suffix) for suffix in SIDE_FILES]
    if any(path.exists() for path in (database, *beside)) or not source.is_file():
        return False
    partial = database.with_name(f"{database.name}.partial")
    shutil.copyfile(source, partial)
    partial.rename(database)
    return True


def make(template: Path) -> None:
    """Write the template, unless it is there, and remove those of other versions of MLflow."""
    if template.is_file():
        return
    from mlflow.store.db import utils  # Untyped, and what it has for this is its own affair.

    template.parent.mkdir(parents=True, exist_ok=True)
    for old in template.parent.glob("mlflow-*.db*"):
        old.unlink()
    partial = template.with_name(f"{template.name}.partial")
    store: Any = utils
    engine = store.create_sqlalchemy_engine(f"sqlite:///{partial}")
    store._initialize_tables(engine)
    engine.dispose()
    partial.rename(template)


if __name__ == "__main__":
    make(place())
