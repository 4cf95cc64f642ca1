"""Records that are no rides: a corpus by hand, and as many as you like by hypothesis."""

import base64
import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from serving.events import PIPELINES, InvalidEvent, decode

GOOD: dict[str, Any] = {
    "ride": {"PULocationID": 130, "DOLocationID": 205, "trip_distance": 3.66},
    "ride_id": 156,
}
REMOVED = object()


def ride(field: str, value: object) -> bytes:
    """A good ride but for one field."""
    inside = field in GOOD["ride"]
    changed = GOOD["ride"] | {field: value} if inside else GOOD["ride"]
    event = {"ride": changed, "ride_id": GOOD["ride_id"]} | ({} if inside else {field: value})
    for owner in (event, event["ride"]):
        if isinstance(owner, dict) and owner.get(field) is REMOVED:
            del owner[field]
    return json.dumps(event).encode()


CORPUS = [
    b"",
    b"Hello, this is a test.",
    b"\x00",
    b"\xff\xfe{",
    b"\xef\xbb\xbf{}",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b"NaN",
    b"9" * 5000,
    b"[" * 200_000,
    b'{"ride":' * 50_000,
    b'"' + b"x" * 900_000 + b'"',
    json.dumps([GOOD]).encode(),
    json.dumps(json.dumps(GOOD)).encode(),
    json.dumps(GOOD).encode()[:-1],
    json.dumps(GOOD).encode("utf-16"),
    base64.b64encode(json.dumps(GOOD).encode()),
    json.dumps({"ride": {"ride": GOOD["ride"]}, "ride_id": 1}).encode(),
    json.dumps({"features": {"t1": 2, "t2": 3, "hum": 50, "weather_code": 2}}).encode(),
    *(ride(field, REMOVED) for field in (*GOOD, *GOOD["ride"])),
    *(ride(field, None) for field in (*GOOD, *GOOD["ride"])),
    *(ride(field, True) for field in (*GOOD, *GOOD["ride"])),
    *(ride(field, [1]) for field in (*GOOD, *GOOD["ride"])),
    *(ride("trip_distance", miles) for miles in ("3", -0.1, 1e39, 10**400)),
    *(ride("trip_distance", float(text)) for text in ("nan", "inf", "-inf")),
    *(ride("ride_id", ride_id) for ride_id in ("", "x" * 257, "\ud800", 1.5, {})),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["ride", "ride_id", *GOOD["ride"]])


def is_malformed(data: bytes) -> bool:
    try:
        PIPELINES["ride"].read(decode(base64.b64encode(data).decode()))
    except InvalidEvent:
        return True
    return False


MALFORMED = st.one_of(
    st.binary(max_size=200),
    JSON.map(json.dumps).map(str.encode),
    st.builds(ride, FIELDS, JSON | st.just(REMOVED)),
    st.integers(0, 90).map(json.dumps(GOOD).encode().__getitem__).map(lambda byte: bytes([byte])),
    st.integers(0, 90).map(lambda length: json.dumps(GOOD).encode()[:length]),
).filter(is_malformed)


def generated(count: int) -> list[bytes]:
    """`count` different ones; the same each time, unless hypothesis's profile says otherwise."""
    found: dict[bytes, None] = {}
    generate = [Phase.generate]

    @settings(max_examples=count * 3 // 2, phases=generate, suppress_health_check=list(HealthCheck))
    @given(data=MALFORMED)
    def collect(data: bytes) -> None:
        found[data] = None

    collect()
    assert len(found) >= count, f"only {len(found)} of them differ"
    return list(found)[:count]
