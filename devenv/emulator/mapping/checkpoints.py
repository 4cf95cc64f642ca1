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
from devenv.emulator.mapping.lane import Lane
from devenv.emulator.mapping.windows import Window

SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoints (
    function TEXT NOT NULL, source TEXT NOT NULL, stream INTEGER NOT NULL, shard INTEGER NOT NULL,
    lane INTEGER NOT NULL, lanes INTEGER NOT NULL, position INTEGER NOT NULL,
    finished INTEGER NOT NULL, window TEXT,
    PRIMARY KEY (function, source, stream, shard, lane)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Checkpoint:
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

    def load(self) -> dict[Lane, Checkpoint]:
        """Read those of all lanes, by shard and lane."""
        with self._database.reading() as reader:
            rows = reader.execute(
                "SELECT shard, lane, lanes, position, finished, window FROM checkpoints "
                "WHERE (function, source, stream) = (?, ?, ?) ORDER BY shard, lane",
                self._key,
            ).fetchall()
        return {
            Lane(shard, lane, lanes): Checkpoint(position, bool(finished), _window(window))
            for shard, lane, lanes, position, finished, window in rows
        }

    def save(self, lane: Lane, checkpoint: Checkpoint) -> None:
        """Write how far one lane has come."""
        self.save_all({lane: checkpoint})

    def save_all(self, checkpoints: dict[Lane, Checkpoint]) -> None:
        """Write several in one transaction."""
        rows = [
            (
                *self._key,
                *(lane.shard, lane.number, lane.lanes),
                *(each.position, each.finished, _text(each.window)),
            )
            for lane, each in checkpoints.items()
        ]
        with self._database.writing() as writer:
            writer.executemany(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def spread(self, lanes: int) -> dict[Lane, Checkpoint]:
        """Load the checkpoints, with each unfinished shard in `lanes` lanes.

        A shard that was in another number of lanes is rewritten: all its lanes go on where the one
        that was furthest behind had come to, so that some records come twice.
        """
        loaded = self.load()
        changed = {
            shard: [checkpoint for lane, checkpoint in loaded.items() if lane.shard == shard]
            for shard in {lane.shard for lane in loaded if lane.lanes != lanes}
        }
        with self._database.writing() as writer:
            for shard, former in changed.items():
                writer.execute(
                    "DELETE FROM checkpoints "
                    "WHERE (function, source, stream, shard) = (?, ?, ?, ?)",
                    (*self._key, shard),
                )
                unfinished = [each for each in former if not each.finished] or former
                last = min(unfinished, key=lambda each: each.position)
                self.save_all({Lane(shard, n, lanes): last for n in range(lanes)})
        return self.load() if changed else loaded

    def rename(self, function: str) -> "Checkpoints":
        """Return these as another function's, which goes on where this one had come to."""
        renamed = Checkpoints(self._database, function, *self._key[1:])
        with self._database.writing() as writer:
            renamed.forget()
            writer.execute(
                "UPDATE checkpoints SET function = ? WHERE (function, source, stream) = (?, ?, ?)",
                (function, *self._key),
            )
        return renamed

    def forget(self) -> None:
        """Delete them: the mapping was deleted on purpose."""
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
