"""Sessions and their policies, as moto keeps them; and what Kinesis asks for in their name."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api.kinesis import AccessDeniedException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from devenv.emulator.iam.enforcement import enforcement
from devenv.emulator.iam.principals import (
    Keys,
    Session,
    never_expire,
    policies_of,
    session_of,
)
from devenv.emulator.kinesis.operations import call
from devenv.emulator.kinesis.service import Caller, Kinesis
from devenv.emulator.kinesis.store import Store

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/unit"
FUNCTION = Session(ROLE, "f")
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"


def document(action: str, resource: str = "*", effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam() -> Iterator[Any]:
    """moto's IAM with one role."""
    backend = iam_backends[ACCOUNT]["aws"]
    backend.create_role("unit", "{}", "/team/", None, "", [{"Key": "Team", "Value": "rides"}], None)
    enforcement().forget()
    yield backend
    backend.reset()
    sts_backends[ACCOUNT]["aws"].reset()


def test_a_roles_policies_are_inline_managed_boundary_and_the_sessions(iam: Any) -> None:
    """Of a managed policy it's the default version that counts."""
    iam.put_role_policy("unit", "own", document("s3:*"))
    made = iam.create_policy("", "/", document("sqs:*"), "managed", [])
    iam.create_policy_version(made.arn, document("sns:*"), "true")
    iam.attach_role_policy(made.arn, "unit")
    iam.put_role_permissions_boundary("unit", made.arn)
    found = policies_of(Session(ROLE, "f", document("logs:*")))
    assert [(p.name, p.arn) for p in found.identity] == [
        ("own of role unit", None),
        (made.arn, made.arn),
    ]
    assert found.boundary == [found.identity[1]]
    assert [p.statements[0].actions for p in found.identity] == [("s3:*",), ("sns:*",)]
    assert found.session is not None
    assert found.session[0].statements[0].actions == ("logs:*",)


def test_a_role_that_was_deleted_allows_nothing(iam: Any) -> None:
    """Its sessions may still be about."""
    assert policies_of(Session(f"arn:aws:iam::{ACCOUNT}:role/gone", "f")).identity == []


def test_only_keys_of_sessions_are_somebodys(iam: Any) -> None:
    """The developer's are nobody's, whatever they look like."""
    made = sts_backends[ACCOUNT]["aws"].assume_role(REGION, "f", ROLE, "", 3600, "")
    key = "LSIA" + made.access_key_id[4:]
    made.access_key_id = key
    assert session_of(key, REGION) == FUNCTION
    assert FUNCTION.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/unit/f"
    for other in ("test", "AKIA" + key[4:], "LSIAQAAAAAAAXXXXXXXX"):
        assert session_of(other, REGION) is None


def test_condition_keys_of_a_session(iam: Any) -> None:
    """Those it has, those it hasn't, and those that aren't known."""
    keys = Keys(FUNCTION, REGION, STREAM, {"s3:prefix": None})
    assert keys["aws:principalarn"] == (ROLE,)
    assert keys["aws:principaltag/team"] == ("rides",)
    assert keys["aws:principaltag/other"] is None
    assert keys["aws:userid"] == (f"{iam.get_role('unit').id}:f",)
    assert keys["aws:resourceaccount"] == (ACCOUNT,)
    assert keys["s3:prefix"] is None
    assert keys["aws:multifactorauthpresent"] is None
    with pytest.raises(KeyError):
        keys["aws:resourcetag/team"]


@pytest.fixture
def kinesis(tmp_path: Path) -> Iterator[Kinesis]:
    store = Store(tmp_path / "kinesis.db")
    made = Kinesis(store)
    call(made, Caller(ACCOUNT, REGION), "CreateStream", {"StreamName": "s", "ShardCount": 1})
    yield made
    store.close()


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("PutRecord", {"StreamName": "s", "Data": b"x", "PartitionKey": "k"}, STREAM),
        ("PutRecord", {"StreamARN": STREAM, "Data": b"x", "PartitionKey": "k"}, STREAM),
        ("ListStreams", {}, STREAM.replace("/s", "/*")),
        ("ListTagsForResource", {"ResourceARN": STREAM}, STREAM),
        ("DescribeStreamSummary", {"StreamName": "none"}, STREAM.replace("/s", "/none")),
    ],
)
def test_kinesis_asks_before_it_looks(
    iam: Any, kinesis: Kinesis, operation: str, request_: dict[str, Any], resource: str
) -> None:
    """Denied, whether there is such a stream or not; allowed once the policy is there."""
    caller = Caller(ACCOUNT, REGION, FUNCTION)
    with pytest.raises(AccessDeniedException) as denied:
        call(kinesis, caller, operation, request_)
    assert f"kinesis:{operation} on resource: {resource} because" in str(denied.value)
    iam.put_role_policy("unit", "own", document(f"kinesis:{operation}", resource))
    enforcement().forget()
    if not resource.endswith("none"):
        call(kinesis, caller, operation, request_)


def test_an_iterator_is_read_by_who_may_read_its_stream(iam: Any, kinesis: Kinesis) -> None:
    """GetRecords names no stream: the iterator does."""
    caller = Caller(ACCOUNT, REGION, FUNCTION)
    where = {"StreamName": "s", "ShardId": "0", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = call(kinesis, Caller(ACCOUNT, REGION), "GetShardIterator", where)["ShardIterator"]
    with pytest.raises(AccessDeniedException, match=f"GetRecords on resource: {STREAM} because"):
        call(kinesis, caller, "GetRecords", {"ShardIterator": iterator})
    iam.put_role_policy("unit", "own", document("kinesis:GetRecords", STREAM))
    enforcement().forget()
    assert call(kinesis, caller, "GetRecords", {"ShardIterator": iterator})["Records"] == []


def test_a_session_expires_unless_a_service_has_assumed_it() -> None:
    sts = sts_backends[ACCOUNT]["aws"]
    mine = sts.assume_role(REGION, "me", ROLE, "", 900, "")
    lambdas = sts.assume_role(REGION, "f", ROLE, "", 900, "")
    never_expire(lambdas.access_key_id, REGION)
    found, lasting = (session_of(made.access_key_id, REGION) for made in (mine, lambdas))
    assert found is not None
    assert lasting is not None
    assert 890 < found.expires - time.time() <= 900
    assert lasting.expires == float("inf")
