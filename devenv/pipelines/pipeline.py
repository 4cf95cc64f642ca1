"""The seam between the environment and one machine-learning system.

A `Pipeline` says what a system's parts are called, what its model is trained on and how, and what
its events and predictions look like. Settings, bootstrap and commands know nothing else about it.
No AWS and no MLflow here, and nothing slow is imported: the command line reads this at start-up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Features = Mapping[str, str | float]
"""One row as the model takes it, say `{"PU_DO": "130_205", "trip_distance": 3.66}`."""


class Estimator(Protocol):
    """What is known of a fitted scikit-learn pipeline: rows in, one float for each out."""

    def predict(self, X: Sequence[Features], /) -> Any: ...


@dataclass(frozen=True)
class Evaluation:
    """How well a model did on the validation period, which it hasn't seen."""

    rmse: float
    """In the target's unit (the ride's: minutes)."""
    train_rows: int
    validation_rows: int


@dataclass(frozen=True)
class TrainedModel:
    """A fitted model with what the registry keeps beside it."""

    estimator: Estimator
    evaluation: Evaluation
    params: Mapping[str, str | int]
    """What was chosen: the hyperparameters."""
    data: str
    """Where the training data came from, in words or as the path or URL that was given."""
    data_version: str
    """Changes when the data does; see `Pipeline.data_version`."""
    example: Sequence[Features]
    """A few rows that show what the model takes."""
    trusted_types: Sequence[str]
    """The types beyond skops' own that loading this estimator needs."""


@dataclass(frozen=True)
class SampleEvent:
    """An event for the input stream and the value that a perfect model would predict for it."""

    event: Mapping[str, object]
    key: str
    """The partition key; predictions carry it too, as the id."""
    truth: float


class Samples(Protocol):
    """`n` events of the validation period, ids counting up from `first_id`."""

    def __call__(
        self, n: int, *, data: str | None = None, first_id: int = 1
    ) -> Sequence[SampleEvent]: ...


@dataclass(frozen=True)
class Names:
    """What the parts of a system are called where the environment names no others."""

    input_stream: str
    predictions_stream: str
    function: str
    role: str
    model: str
    bucket: str


@dataclass(frozen=True)
class Field:
    """One value of an event, and the flag of `devenv put` that gives it."""

    name: str
    flag: str
    kind: type
    help: str
    sample: int | float | str
    """A value to show in an example."""


@dataclass(frozen=True)
class EventShape:
    """What goes in and what comes out.

    An event is `{BODY: {FIELD: …}, ID: …}`, a prediction `{"model": …, "version": …,
    "prediction": {VALUE: …, ID: …}}`. The id is the prediction's partition key.
    """

    body: str
    fields: tuple[Field, ...]
    id: str
    value: str
    unit: str
    """Of the value, in words: "minutes"."""

    @property
    def id_flag(self) -> str:
        return "--" + self.id.replace("_", "-")

    def event(self, values: Mapping[str, object], event_id: object) -> dict[str, object]:
        """The event with these values of its fields."""
        return {self.body: {f.name: values[f.name] for f in self.fields}, self.id: event_id}

    def predicted(self, prediction: Mapping[str, Any]) -> float:
        """The value that a record of the predictions stream holds."""
        return float(prediction["prediction"][self.value])

    def __str__(self) -> str:
        fields = ", ".join(field.name for field in self.fields)
        return f'{{"{self.body}": {{{fields}}}, "{self.id}": …}}'


@dataclass(frozen=True)
class Pipeline:
    """One system. `data` is a path or URL everywhere, or None for the built-in data."""

    name: str
    about: str
    """One line for people."""
    names: Names
    shape: EventShape
    data_layout: str
    """What `--data` takes."""
    built_in: str
    """What there is without `--data`, in words."""
    data_version: Callable[[str | None], str]
    """What tells one state of the data from another, found without reading all of it."""
    train: Callable[[str | None], TrainedModel]
    samples: Samples
