"""A function's layers, unpacked over each other into one folder: what AWS has in /opt.

A process has no /opt of its own, so the folder lies elsewhere, and the variables by which runtimes
find what layers bring (PATH, PYTHONPATH, NODE_PATH, LD_LIBRARY_PATH) name it. What a function opens
as "/opt/…" isn't found.

Source: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devenv.errors import DevenvError

EXTENSIONS = "extensions"
_PREPARING = threading.Lock()


def folder(layers: Sequence[Any]) -> Path | None:
    """Where the layers of a version lie together, in the order given; None if it has none.
    `layers` are LocalStack's."""
    if not layers:
        return None
    names = "\n".join(layer.layer_version_arn + layer.code.code_sha256 for layer in layers)
    key = hashlib.sha256(names.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / "lambda" / "layers" / key


def prepare(layers: Sequence[Any]) -> None:
    """Unpack them; later ones over earlier ones. Raises `DevenvError` for what isn't run here."""
    target = folder(layers)
    if target is None:
        return
    with _PREPARING:
        if target.is_dir():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
            merged = Path(unfinished) / "opt"
            for layer in layers:
                layer.code.prepare_for_execution()
                source = layer.code.get_unzipped_code_location()
                shutil.copytree(source, merged, symlinks=True, dirs_exist_ok=True)
            refuse_extensions(merged)
            merged.rename(target)


def refuse_extensions(opt: Path) -> None:
    """An extension is a program of its own beside the function, with an API that isn't here."""
    found = sorted(each.name for each in (opt / EXTENSIONS).glob("*") if each.is_file())
    if found:
        raise DevenvError(
            f"A layer brings Lambda extensions ({', '.join(found)}), which this emulator doesn't "
            "run: leave the layer out here."
        )


def variables(
    opt: Path, runtime: str | None, given: Mapping[str, str], configured: Mapping[str, str]
) -> dict[str, str]:
    """Those of `given` that have to name the layers' folders, too. A function's own PATH and
    LD_LIBRARY_PATH replace Lambda's there; its modules are found in layers whatever it sets."""
    found = {}
    for name, below in (("PATH", "bin"), ("LD_LIBRARY_PATH", "lib")):
        if name not in configured:
            found[name] = joined(given.get(name), opt / below)
    if runtime and runtime.startswith("python"):
        packages = opt / "python" / "lib" / runtime / "site-packages"
        found["PYTHONPATH"] = joined(packages, opt / "python", given.get("PYTHONPATH"))
    if runtime and runtime.startswith("nodejs"):
        major = runtime.removeprefix("nodejs").partition(".")[0]
        modules = [opt / "nodejs" / each / "node_modules" for each in (f"node{major}", "")]
        found["NODE_PATH"] = joined(given.get("NODE_PATH"), *modules)
    return found


def joined(*folders: Path | str | None) -> str:
    """Folders as a search path."""
    return os.pathsep.join(str(each) for each in folders if each)
