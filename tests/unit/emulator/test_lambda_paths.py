"""Folders under Lambda's names."""

from pathlib import Path

from devenv.emulator.functions.lambda_paths import names, renamed


def test_folders_are_named_as_on_lambda_wherever_they_stand() -> None:
    replaced = names({Path("/tmp/code/1"): "/var/task", Path("/opt/python"): "/var/lang"})
    text = 'File "/tmp/code/1/app.py", line 1; /opt/python/os.py; /tmp/code/1'
    assert renamed(text, replaced) == 'File "/var/task/app.py", line 1; /var/lang/os.py; /var/task'


def test_a_folder_in_another_one_has_its_own_name() -> None:
    replaced = names({Path("/venv"): "/var/lang", Path("/venv/code"): "/var/task"})
    assert renamed("/venv/code/app.py /venv/lib", replaced) == "/var/task/app.py /var/lang/lib"


def test_a_folder_behind_a_link_is_known_by_both_names(tmp_path: Path) -> None:
    """Python names the one that it was started in; macOS's /tmp is a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    replaced = names({tmp_path / "link": "/var/task"})
    assert renamed(f"{tmp_path}/real/a {tmp_path}/link/b", replaced) == "/var/task/a /var/task/b"
