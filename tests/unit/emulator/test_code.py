"""What is run for a function: which program, in which folder, with which variables."""

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devenv.emulator.functions.code import (
    Code,
    check,
    lambda_folders,
    locate,
    variables,
    version_notice,
)
from devenv.emulator.functions.images import packages_link
from devenv.errors import DevenvError

IMAGE = Code(Path("/task"), ("/venv/bin/python", "-m", "awslambdaric", "a.b"), "a.b", None)
PROVIDED = Code(Path("/task"), ("/task/bootstrap",), "hello", "provided.al2023")
ZIP = Code(Path("/task"), ("/venv/bin/python", "-m", "awslambdaric", "a.b"), "a.b", "python3.13")

FROM_LOCALSTACK: dict[str, Any] = {
    "AWS_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "rides",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": 512,
    "AWS_LAMBDA_FUNCTION_TIMEOUT": 15,
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LOCALSTACK_HOSTNAME": "127.0.0.1",
    "LOCALSTACK_RUNTIME_ID": "1234",
    "EDGE_PORT": "4566",
    "TZ": ":UTC",
}


@pytest.fixture(autouse=True)
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variables of the emulator's process, a developer's secret among them."""
    monkeypatch.setenv("DEVENV_RUNTIME_DIR", "/runtime")
    monkeypatch.setenv("DEVENV_ZIP_PYTHON", "/zip/bin/python")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("DEVENV_IMAGE_REPOSITORY", "rides")
    monkeypatch.setenv("DEVENV_IMAGE_ROOT", "/checkout")
    monkeypatch.setenv("DEVENV_INSTANCE", "/state")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")


def version(**config: Any) -> Any:
    """A FunctionVersion as far as it's looked at."""
    names = ("image", "image_config", "runtime", "handler", "code")
    known = {**dict.fromkeys(names), "layers": []}
    return SimpleNamespace(config=SimpleNamespace(**{**known, **config}))


def unzipped(folder: Path) -> Any:
    return SimpleNamespace(get_unzipped_code_location=lambda: folder)


def test_what_aws_has_no_equivalent_of_is_left_out() -> None:
    """Code that reads it would break on AWS."""
    given = variables(IMAGE, FROM_LOCALSTACK, {})
    assert not [n for n in given if n.startswith("LOCALSTACK_")]
    assert not {"EDGE_PORT", "AWS_LAMBDA_FUNCTION_TIMEOUT"} & given.keys()
    assert given["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert given["TZ"] == ":UTC"


def test_nothing_of_the_developers_environment_is_passed_on() -> None:
    """Nothing works here by accident that would not work there."""
    given = variables(IMAGE, FROM_LOCALSTACK, {})
    assert "GITHUB_TOKEN" not in given
    assert "HOME" not in given
    assert given["PATH"] == "/venv/bin:/usr/local/bin:/usr/bin:/bin"


def test_every_value_is_text() -> None:
    """LocalStack has numbers among them, which a process can't be given."""
    given = variables(IMAGE, FROM_LOCALSTACK, {})
    assert given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert {type(value) for value in given.values()} == {str}


def test_folders_are_those_of_this_machine() -> None:
    """In place of LocalStack's, which are a container's."""
    given = variables(IMAGE, FROM_LOCALSTACK, {})
    assert given["LAMBDA_TASK_ROOT"] == "/task"
    assert given["LAMBDA_RUNTIME_DIR"] == "/runtime"
    assert given["LD_LIBRARY_PATH"] == "/task:/task/lib"


def test_the_functions_own_variables_win() -> None:
    """As AWS lets them where they aren't reserved."""
    given = variables(IMAGE, FROM_LOCALSTACK, {"TZ": "Europe/London", "RUN_ID": "abc"})
    assert (given["TZ"], given["RUN_ID"]) == ("Europe/London", "abc")


def test_only_managed_runtimes_have_an_execution_env() -> None:
    """An image has none, on AWS too; the runtime's packages are Python's alone."""
    image, zipped = variables(IMAGE, {}, {}), variables(ZIP, {}, {})
    provided = variables(PROVIDED, {}, {})
    assert "AWS_EXECUTION_ENV" not in image
    assert zipped["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert image["PYTHONPATH"] == zipped["PYTHONPATH"] == "/runtime"
    assert "PYTHONPATH" not in provided
    assert image["_HANDLER"] == "a.b"


def test_a_function_carries_the_instances_name() -> None:
    """So that `devenv down` finds what a killed emulator left behind."""
    assert variables(IMAGE, {}, {})["DEVENV_INSTANCE"] == "/state"


def test_an_image_runs_its_handler_on_the_images_packages() -> None:
    """The Dockerfile's CMD, unless the function's configuration has another."""
    image = SimpleNamespace(code_sha256="digest")
    packages_link("digest").parent.mkdir(parents=True)
    packages_link("digest").symlink_to("/packages")
    code = locate(version(image=image))
    assert code.command == (
        *("/packages/image/bin/python", "-m", "awslambdaric"),
        "lambda_function.lambda_handler",
    )
    assert (code.runtime, code.folder.name) == (None, "digest")
    other = SimpleNamespace(command=["other.handler"])
    assert locate(version(image=image, image_config=other)).handler == "other.handler"


def test_a_zip_runs_on_the_zips_packages_or_its_own_bootstrap() -> None:
    """Any Python; any program."""
    folder = unzipped(Path("/unzipped"))
    python = locate(version(code=folder, runtime="python3.9", handler="a.b"))
    assert python.command == ("/zip/bin/python", "-m", "awslambdaric", "a.b")
    provided = locate(version(code=folder, runtime="provided.al2", handler="x"))
    assert provided.command == ("/unzipped/bootstrap",)


def test_another_runtime_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Node where there is none; what isn't run at all."""
    for name in ("PATH", "HOME", "NVM_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(DevenvError, match=r"nodejs22\.x needs Node\.js 18 or newer"):
        locate(version(code=unzipped(Path("/x")), runtime="nodejs22.x", handler="a.b"))
    with pytest.raises(DevenvError, match="java21 can't be run here: use python"):
        locate(version(code=unzipped(Path("/x")), runtime="java21", handler="a.b"))


def test_a_missing_folder_program_or_permission_is_told_apart(tmp_path: Path) -> None:
    """Each with what to do."""
    code = Code(tmp_path, (str(tmp_path / "bootstrap"),), None, "provided.al2023")
    with pytest.raises(DevenvError, match="code is gone"):
        check(Code(tmp_path / "gone", code.command, None, None))
    with pytest.raises(DevenvError, match="bootstrap does not exist"):
        check(code)
    (tmp_path / "bootstrap").touch(mode=0o644)
    with pytest.raises(DevenvError, match=r"not executable: chmod \+x"):
        check(code)
    (tmp_path / "bootstrap").chmod(0o755)
    check(code)


def test_another_python_than_asked_for_is_noticed() -> None:
    """In the emulator's log; images and bootstraps bring their own."""
    old = locate(version(code=unzipped(Path("/x")), runtime="python3.9", handler="a.b"))
    assert version_notice(old) == "python3.9 was asked for, and it runs on python3.13"
    assert variables(old, {}, {})["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert [version_notice(code) for code in (ZIP, IMAGE, PROVIDED)] == [None, None, None]


def test_an_emulator_that_was_started_without_packages_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`python -m devenv.emulator` alone: it names the command that installs them."""
    monkeypatch.delenv("DEVENV_ZIP_PYTHON")
    with pytest.raises(DevenvError, match="without DEVENV_ZIP_PYTHON: start it with `devenv up`"):
        locate(version(code=unzipped(Path("/x")), runtime="python3.13", handler="a.b"))


def test_folders_have_names_on_lambda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code's, the runtime client's, and the interpreter's; a bootstrap has its code's alone."""
    python = tmp_path / "zip" / "bin" / "python"
    base = tmp_path / "base" / "lib" / "python3.13"
    for folder in (python.parent, tmp_path / "zip" / "lib" / "python3.13", base):
        folder.mkdir(parents=True)
    (tmp_path / "zip" / "pyvenv.cfg").write_text(f"home = {tmp_path}/base/bin\nuv = 1\n")
    monkeypatch.setenv("DEVENV_RUNTIME_DIR", "/runtime")
    code = Code(Path("/code/1f2e"), (str(python), "-m", "awslambdaric", "a.b"), "a.b", "python3.13")
    assert lambda_folders(code) == {
        Path("/code/1f2e"): "/var/task",
        Path("/runtime"): "/var/runtime",
        tmp_path / "zip" / "lib" / "python3.13": "/var/lang/lib/python3.13",
        base: "/var/lang/lib/python3.13",
    }
    assert lambda_folders(PROVIDED) == {Path("/task"): "/var/task"}
