"""Base64 in requests: taken as strictly as AWS takes it, refused in its words."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinesis_api import ME, Api
from localstack.aws.api import ServiceException

from devenv.emulator.kinesis.wire.blobs import decoded, has_stray_bits
from devenv.emulator.kinesis.wire.json_api import answer

pytestmark = pytest.mark.evidence(
    "recorded", "https://github.com/mhart/kinesalite/tree/master/test"
)

REFUSED = [
    ("23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
    ("=+/=", "Invalid Base64 character: '='"),
    ("+/+=", "Invalid last non-pad Base64 character dectected"),
    ("+/==", "Invalid last non-pad Base64 character dectected"),
    ("ab d", "Invalid Base64 character: ' '"),
    ("abü=", "Invalid Base64 character: 'ü'"),
    ("ab=d", "Invalid Base64 character: '='"),
]


@pytest.mark.evidence(
    "model", "https://github.com/boto/botocore/tree/develop/botocore/data/kinesis"
)
@given(st.binary(max_size=40))
def test_what_is_proper_is_taken(data: bytes) -> None:
    assert decoded(base64.b64encode(data).decode()) == data


@given(st.binary(min_size=1, max_size=40), st.integers(1, 15))
def test_bits_that_belong_to_no_byte_are_seen(data: bytes, bits: int) -> None:
    """Whichever they are."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = base64.b64encode(data).decode()
    padding = text.count("=")
    place = len(text) - padding - 1
    stray = bits % (1 << 2 * padding)
    changed = alphabet[alphabet.index(text[place]) | stray]
    text = text[:place] + changed + text[place + 1 :]
    assert has_stray_bits(text) == (stray > 0)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_is_not_is_refused_for_one_record_and_for_many(
    api: Api, text: str, reason: str
) -> None:
    """Records of PutRecords are read by a way of their own."""
    api.stream()
    record = {"PartitionKey": "k", "Data": text}
    for operation, request in (
        ("PutRecord", {"StreamName": "s", **record}),
        ("PutRecords", {"StreamName": "s", "Records": [record]}),
        ("PutRecords", {"StreamName": "s", "Records": [{**record, "ExplicitHashKey": "1"}]}),
    ):
        with pytest.raises(ServiceException) as e:
            api(operation, **request)
        assert e.value.code == "SerializationException"
        assert e.value.message == f"'{text}' can not be converted to a Blob: {reason}"
    assert api.data() == []


def test_the_front_ends_errors_are_under_message_with_a_capital(api: Api) -> None:
    """Those of the service under message."""
    api.stream()
    for body, kind, key in (
        (b"{", "SerializationException", "Message"),
        (b'{"StreamName": 1}', "SerializationException", "Message"),
        (b'{"StreamName": ""}', "ValidationException", "message"),
        (b'{"StreamName": "gone"}', "ResourceNotFoundException", "message"),
    ):
        found = answer(api.kinesis, ME, "DescribeStream", body)
        assert found is not None
        assert found.status == 400
        content = orjson.loads(found.body)
        assert content.keys() == {"__type", key}
        assert content["__type"] == kind
