"""Wrong flags, values and files: exit code 2 and one line, before anything is asked of AWS."""

from pathlib import Path

import pytest
from run_cli import RIDE, ends

pytestmark = pytest.mark.usefixtures("shell")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--jsn"),
        ("stauts",),
        ("put", "--pu", "here"),
        ("tail", "--from", "yesterday"),
        ("tail", "--limit", "0"),
        ("logs", "kinesis"),
        ("logs", "-n", "-1"),
        ("put", "--file", "missing.jsonl"),
        ("invoke", "missing.json"),
        ("invoke",),
    ],
)
def test_wrong_usage_ends_with_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Unknown flags and commands, values that can't be, files that aren't there."""
    code, err = ends(capsys, *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("devenv: ")
    assert "--help`" in err


@pytest.mark.parametrize("content", [b"not json", b'{"half": ', b"PAR1\xff\xfe"])
@pytest.mark.parametrize("command", [("invoke",), ("put", "--file")])
def test_a_file_that_is_not_json_ends_with_2_naming_it(
    capsys: pytest.CaptureFixture[str], shell: Path, content: bytes, command: tuple[str, ...]
) -> None:
    """Before anything is asked of the endpoint."""
    (shell / "event.json").write_bytes(content)
    code, err = ends(capsys, *command, "event.json")
    assert (code, err.count("\n")) == (2, 1)
    assert "event.json" in err


@pytest.mark.parametrize("arguments", [("put",), ("put", "--pu", "1"), (*RIDE, "--file", "-")])
def test_put_takes_either_flags_or_a_file(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """And says which is missing or too much."""
    code, err = ends(capsys, *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert "--file" in err
