"""What `devenv.aws_cli` adds to AWS CLI 1, without a request."""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from botocore.loaders import create_loader
from botocore.session import Session

from devenv.aws_cli import additions

QUEUES_ON_AWS = "https://queue.amazonaws.com"
LOCAL = "http://127.0.0.1:4566"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session of nobody's settings."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return Session()


def endpoint(session: Session, given: str | None = None) -> str | None:
    """The one that a command `aws sqs` is sent to, where it isn't what boto finds by itself."""
    parsed = Namespace(command="sqs", endpoint_url=given)
    additions.endpoint_of_old_name(session, parsed)
    found: str | None = parsed.endpoint_url
    return found


def test_without_an_endpoint_sqs_is_where_cli_1_finds_it(session: Session) -> None:
    """AWS's old name."""
    assert endpoint(session) == QUEUES_ON_AWS


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"])
def test_a_configured_endpoint_goes_first(
    session: Session, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """CLI 1 as it is goes to AWS then."""
    monkeypatch.setenv(name, LOCAL)
    assert endpoint(session) is None
    assert endpoint(session, "http://localhost:1") == "http://localhost:1"


def test_an_endpoint_of_the_config_file(session: Session, tmp_path: Path) -> None:
    """The profile's."""
    (tmp_path / "config").write_text(f"[default]\nendpoint_url = {LOCAL}\n")
    assert endpoint(session) is None


def test_endpoints_that_are_to_be_ignored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By AWS's own variable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert endpoint(session) == QUEUES_ON_AWS


def test_a_profile_that_is_not_there_yet_can_be_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which configured endpoint it has isn't asked."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    aws = Path(sys.executable).with_name("aws")
    done = subprocess.run(
        [aws, "configure", "--profile", "iamadmin"],
        input="111122223333\ntest\nus-west-2\njson\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[profile iamadmin]\nregion = us-west-2" in (tmp_path / "config").read_text()
    assert "aws_access_key_id = 111122223333" in (tmp_path / "credentials").read_text()


def test_base64_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It would be sent as it is."""
    with pytest.raises(ValueError, match="takes what is sent as it is"):
        additions.check_options(Namespace(cli_binary_format="base64"))
    for honoured in (None, "raw-in-base64-out"):
        additions.check_options(Namespace(cli_binary_format=honoured))


def test_options_and_commands_are_registered(session: Session) -> None:
    """In a CLI of its own, with the data that importing awscli names by a variable."""
    import awscli
    from awscli.clidriver import CLIDriver

    data = str(Path(awscli.__file__).with_name("data"))
    session.register_component("data_loader", create_loader(data))
    driver = CLIDriver(session)
    session.user_agent_extra = ""
    additions.install(session)
    assert {"cli-binary-format", "no-cli-pager"} <= driver._get_argument_table().keys()
    commands: dict[str, object] = {}
    session.emit("building-command-table.logs", command_table=commands, session=session)
    assert "tail" in commands


def test_the_installed_script_is_this_one() -> None:
    """And what it doesn't know it explains."""
    aws = Path(sys.executable).with_name("aws")
    assert "devenv.aws_cli" in aws.read_text()
    done = subprocess.run([aws, "sts", "nope"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "AWS CLI 1 with what devenv adds" in done.stderr
