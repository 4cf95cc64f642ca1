"""Layers: one folder of all, and the variables by which a function finds what is in it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from devenv.emulator.functions import layers
from devenv.emulator.functions.code import Code, variables
from devenv.errors import DevenvError

OPT = Path("/layers/1")
PYTHON = Code(Path("/task"), ("/py/bin/python",), "a.b", "python3.13", OPT)


@dataclass
class Archive:
    """A layer's code as LocalStack has it."""

    place: Path
    code_sha256: str
    prepared: int = 0

    def prepare_for_execution(self) -> None:
        self.prepared += 1

    def get_unzipped_code_location(self) -> Path:
        return self.place


@dataclass
class Layer:
    layer_version_arn: str
    code: Archive


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("DEVENV_RUNTIME_DIR", "/runtime")


def layer(tmp_path: Path, name: str, files: dict[str, str]) -> Layer:
    for path, content in files.items():
        place = tmp_path / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return Layer(f"arn:{name}:1", Archive(tmp_path / name, name))


def test_later_layers_lie_over_earlier_ones(tmp_path: Path) -> None:
    first = layer(tmp_path, "a", {"python/x.py": "a", "bin/tool": "a"})
    second = layer(tmp_path, "b", {"python/x.py": "b"})
    layers.prepare([first, second])
    opt = layers.folder([first, second])
    assert opt is not None
    assert (opt / "python/x.py").read_text() == "b"
    assert (opt / "bin/tool").read_text() == "a"
    layers.prepare([first, second])
    assert first.code.prepared == 1
    assert layers.folder([second, first]) != opt
    assert layers.folder([]) is None


def test_a_layer_with_extensions_is_refused(tmp_path: Path) -> None:
    """It would be accepted, and not run."""
    brings = layer(tmp_path, "a", {"extensions/watcher": "#!"})
    for _ in range(2):
        with pytest.raises(
            DevenvError, match=r"Lambda extensions \(watcher\), which this emulator"
        ):
            layers.prepare([brings])


def test_variables_name_the_layers_folders() -> None:
    """A layer's modules come before the runtime's, its programs after the system's."""
    given = variables(PYTHON, {}, {})
    packages = "/layers/1/python/lib/python3.13/site-packages"
    assert given["PYTHONPATH"] == f"{packages}:/layers/1/python:/runtime"
    assert given["PATH"].endswith(":/bin:/layers/1/bin")
    assert given["LD_LIBRARY_PATH"].endswith(":/layers/1/lib")


def test_a_functions_own_search_paths_replace_lambdas_but_for_modules() -> None:
    given = variables(PYTHON, {}, {"PATH": "/mine", "PYTHONPATH": "/also"})
    assert given["PATH"] == "/mine"
    assert given["PYTHONPATH"].endswith("/layers/1/python:/also:/runtime")
