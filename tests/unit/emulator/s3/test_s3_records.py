"""The rows on disk, and which content files they leave unused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devenv.emulator.s3.records import BUCKET, KEY, PART, UPLOAD, Records, Row, RowId

KEY_ID = RowId("b", KEY, "k")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = Records(tmp_path / "s3" / "records.sqlite")
    yield made
    made.close()


def test_rows_are_there_when_opened_again(records: Records, tmp_path: Path) -> None:
    """By another connection while the first is open, as after kill -9."""
    records.apply({RowId("b", BUCKET): Row(b"bucket"), KEY_ID: Row(b"key", ("f",))})
    again = Records(tmp_path / "s3" / "records.sqlite")
    assert list(again.all(KEY)) == [(KEY_ID, Row(b"key", ("f",)))]
    assert again.ids("b") == {RowId("b", BUCKET), KEY_ID}
    assert again.files() == {"f"}
    again.close()


def test_an_overwrite_leaves_the_old_file_unused(records: Records) -> None:
    assert records.apply({KEY_ID: Row(b"1", ("old",))}) == set()
    assert records.apply({KEY_ID: Row(b"2", ("new",))}) == {"old"}
    assert records.apply({KEY_ID: Row(b"3", ("new",))}) == set()
    assert records.apply({KEY_ID: None}) == {"new"}
    assert records.ids("b") == set()


def test_a_file_that_moves_to_another_row_stays_used(records: Records) -> None:
    records.apply({KEY_ID: Row(b"1", ("f",))})
    assert records.apply({KEY_ID: None, RowId("b", KEY, "other"): Row(b"1", ("f",))}) == set()


def test_all_or_nothing(records: Records) -> None:
    """What SQLite refuses takes the whole commit back."""
    records.apply({KEY_ID: Row(b"1", ("old",))})
    refused = Row(None, ())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        records.apply({KEY_ID: Row(b"2", ("new",)), RowId("b", KEY, "bad"): refused})
    assert list(records.all(KEY)) == [(KEY_ID, Row(b"1", ("old",)))]
    records.apply({KEY_ID: None})


def test_rows_come_in_the_order_in_which_they_were_made(records: Records) -> None:
    for key in ("z", "a", "m"):
        records.apply({RowId("b", KEY, key): Row(b"")})
    records.apply({RowId("b", KEY, "z"): Row(b"again")})
    assert [row_id.name for row_id, _ in records.all(KEY)] == ["z", "a", "m"]


def test_the_parts_of_an_upload(records: Records) -> None:
    mine = {RowId("b", PART, "u", "1"), RowId("b", PART, "u", "2")}
    others = {RowId("b", PART, "other", "1"), RowId("c", PART, "u", "1"), RowId("b", UPLOAD, "u")}
    records.apply(dict.fromkeys(mine | others, Row(b"")))
    assert records.parts("b", "u") == mine


def test_a_row_is_named_in_words() -> None:
    assert str(RowId("b", BUCKET)) == "bucket b"
    assert str(KEY_ID) == "bucket b, key k"
    assert str(RowId("b", PART, "u", "7")) == "bucket b, upload u, part 7"
