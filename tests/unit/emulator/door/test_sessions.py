"""Keys of sessions at the door: known, expired, made up."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto.sts.models import sts_backends

from devenv.emulator.door.chain import require_role, session_of
from devenv.emulator.door.credentials import Credential
from devenv.emulator.door.refusal import Reason, Refused
from devenv.emulator.iam.principals import Session
from devenv.emulator.kinesis.service import Caller
from devenv.emulator.kinesis.wire.json_api import Callers

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


@pytest.fixture
def sts() -> Iterator[Any]:
    backend = sts_backends[ACCOUNT]["aws"]
    yield backend
    backend.reset()


def header(key: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={key}/20260101/{REGION}/kinesis/aws4_request, Signature=0"


def test_a_developers_key_is_no_session() -> None:
    assert session_of(Credential("test", REGION)) is None
    assert Callers().of(header("test")) == Caller(ACCOUNT, REGION)


def test_a_sessions_key_is_its_roles(sts: Any) -> None:
    key = sts.assume_role(REGION, "me", ROLE, "", 900, "").access_key_id
    expected = Session(ROLE, "me")
    assert session_of(Credential(key, REGION)) == expected
    assert Callers().of(header(key)) == Caller(ACCOUNT, REGION, expected)


def test_an_expired_session_is_refused(sts: Any) -> None:
    """Kinesis's callers are remembered, and still expire."""
    callers = Callers(clock=lambda: time.time() + 901)
    key = sts.assume_role(REGION, "me", ROLE, "", 900, "").access_key_id
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            callers.of(header(key))
        assert refused.value.reason is Reason.EXPIRED
    with pytest.raises(Refused) as refused:
        session_of(Credential(key, REGION), now=time.time() + 901)
    assert refused.value.reason is Reason.EXPIRED


@pytest.mark.parametrize("key", ["ASIAQAAAAAAAAAAAAAAA", "LSIAQAAAAAAAAAAAAAAA"])
def test_a_key_that_looks_like_a_sessions_is_one_or_refused(key: str) -> None:
    for ask in (lambda: session_of(Credential(key, REGION)), lambda: Callers().of(header(key))):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.reason is Reason.UNKNOWN_KEY


def test_an_unsigned_request_of_kinesis_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        Callers().of("")
    assert refused.value.reason is Reason.UNSIGNED


def test_from_a_functions_network_a_role_has_to_ask() -> None:
    require_role(Session(ROLE, "me"))
    require_role(None, "/_aws/execute-api/id/stage/path")
    with pytest.raises(Refused, match="role's credentials alone"):
        require_role(None)
