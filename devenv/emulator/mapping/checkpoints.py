"""How far each lane of each shard has come, in the file that holds the records.

A row is written after its records were delivered (or discarded), so what is after it has to be
delivered once more, and nothing before it is owed. The rows outlive the mapping's entry in
LocalStack, which a restart forgets; `forget` is for a mapping that is deleted on purpose. They
name the stream by its id, which a stream made anew under the same name doesn't share.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from devenv.emulator.kinesis.database import Database
from devenv.emulator.mapping.windows import Window

SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoints (
    function TEXT NOT NULL, source TEXT NOT NULL, stream INTEGER NOT NULL, shard INTEGER NOT NULL,
    lane INTEGER NOT NULL, lanes INTEGER NOT NULL, position INTEGER NOT NULL,
    finished INTEGER NOT NULL, window TEXT,
    PRIMARY KEY (function, source, stream, shard, lane)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Lane:
    """A shard's keys are spread over `lanes` lanes; this is number `number` of them."""

    shard: int
    number: int = 0
    lanes: int = 1


@dataclass(frozen=True)
class Place:
    """How far a lane has come."""

    position: int
    finished: bool = False
    """The shard is closed and all of it was delivered."""
    window: Window | None = None


class Checkpoints:
    """Those of one mapping: one function, one source, one stream."""

    def __init__(self, database: Database, function: str, source: str, stream: int) -> None:
        self._database = database
        self._key = (function, source, stream)
        self.function, self.stream = function, stream

    def load(self) -> dict[Lane, Place]:
        with self._database.reading() as reader:
            rows = reader.execute(
                "SELECT shard, lane, lanes, position, finished, window FROM checkpoints "
                "WHERE (function, source, stream) = (?, ?, ?) ORDER BY shard, lane",
                self._key,
            ).fetchall()
        return {
            Lane(shard, lane, lanes): Place(position, bool(finished), _window(window))
            for shard, lane, lanes, position, finished, window in rows
        }

    def save(self, lane: Lane, place: Place) -> None:
        self.begin({lane: place})

    def begin(self, places: dict[Lane, Place]) -> None:
        """Write several at once."""
        rows = [
            (
                *self._key,
                *(lane.shard, lane.number, lane.lanes),
                *(place.position, place.finished, _text(place.window)),
            )
            for lane, place in places.items()
        ]
        with self._database.writing() as writer:
            writer.executemany(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def spread(self, lanes: int) -> dict[Lane, Place]:
        """The places with each unfinished shard in that many lanes, changed and stored so.

        Where the number changes, all go on from where the last of the former ones was: some
        records come twice.
        """
        found = self.load()
        changed = {
            shard: [place for lane, place in found.items() if lane.shard == shard]
            for shard in {lane.shard for lane in found if lane.lanes != lanes}
        }
        with self._database.writing() as writer:
            for shard, places in changed.items():
                writer.execute(
                    "DELETE FROM checkpoints "
                    "WHERE (function, source, stream, shard) = (?, ?, ?, ?)",
                    (*self._key, shard),
                )
                unfinished = [place for place in places if not place.finished] or places
                last = min(unfinished, key=lambda place: place.position)
                self.begin({Lane(shard, n, lanes): last for n in range(lanes)})
        return self.load() if changed else found

    def rename(self, function: str) -> "Checkpoints":
        """Have another function go on where this one was."""
        renamed = Checkpoints(self._database, function, *self._key[1:])
        with self._database.writing() as writer:
            renamed.forget()
            writer.execute(
                "UPDATE checkpoints SET function = ? WHERE (function, source, stream) = (?, ?, ?)",
                (function, *self._key),
            )
        return renamed

    def forget(self) -> None:
        with self._database.writing() as writer:
            writer.execute(
                "DELETE FROM checkpoints WHERE (function, source, stream) = (?, ?, ?)", self._key
            )


def prepare(database: Database, streams: Iterable[int]) -> None:
    """Make the table, and drop what belongs to streams that are gone."""
    with database.writing() as writer:
        writer.execute(SCHEMA)
        known = {row[0] for row in writer.execute("SELECT DISTINCT stream FROM checkpoints")}
        gone = known.difference(streams)
        writer.executemany("DELETE FROM checkpoints WHERE stream = ?", [(id,) for id in gone])


def _text(window: Window | None) -> str | None:
    return json.dumps(vars(window)) if window else None


def _window(text: str | None) -> Window | None:
    return Window(**json.loads(text)) if text else None
