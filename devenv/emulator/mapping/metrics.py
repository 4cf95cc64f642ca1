"""CloudWatch's figures about functions: added up here, and sent once a second.

LocalStack sends one request per figure and invocation, which takes longer than delivering the
batch. Nothing is sent, nor is CloudWatch loaded, where it isn't among the enabled services.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from localstack.aws.connect import connect_to
from localstack.utils.bootstrap import is_api_enabled

log = logging.getLogger(__name__)

NAMESPACE = "AWS/Lambda"
UNITS = {"Invocations": "Count", "Errors": "Count", "IteratorAge": "Milliseconds"}
EVERY = 1.0
"""Seconds in which figures are added up."""


@dataclass(frozen=True)
class Figure:
    """What is measured, of which function."""

    account: str
    region: str
    function: str
    name: str


@dataclass
class Values:
    """StatisticValues, as CloudWatch takes them for many values at once."""

    count: int = 0
    sum: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.sum += value
        self.minimum, self.maximum = min(self.minimum, value), max(self.maximum, value)


@dataclass
class Metrics:
    _values: dict[Figure, Values] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def add(self, figure: Figure, value: float) -> None:
        if not is_api_enabled("cloudwatch"):
            return
        with self._lock:
            self._values.setdefault(figure, Values()).add(value)
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, daemon=True, name="metrics")
                self._thread.start()
        self._waiting.set()

    def _send(self) -> None:
        pause = threading.Event()
        while self._waiting.wait():
            pause.wait(EVERY)
            with self._lock:
                values, self._values = self._values, {}
                self._waiting.clear()
            for account, region in {(figure.account, figure.region) for figure in values}:
                of_account = {
                    figure: found
                    for figure, found in values.items()
                    if (figure.account, figure.region) == (account, region)
                }
                try:
                    _put(account, region, of_account)
                except Exception:  # Figures must not hurt what they tell of.
                    log.debug("CloudWatch took no figures", exc_info=True)


def _put(account: str, region: str, values: dict[Figure, Values]) -> None:
    now = datetime.now(UTC)
    data: list[dict[str, Any]] = [
        {
            "MetricName": figure.name,
            "Dimensions": [{"Name": "FunctionName", "Value": figure.function}],
            "Timestamp": now,
            "Unit": UNITS[figure.name],
            "StatisticValues": {
                "SampleCount": found.count,
                "Sum": found.sum,
                "Minimum": found.minimum,
                "Maximum": found.maximum,
            },
        }
        for figure, found in values.items()
    ]
    client = connect_to(aws_access_key_id=account, region_name=region).cloudwatch
    client.put_metric_data(Namespace=NAMESPACE, MetricData=data)


@cache
def metrics() -> Metrics:
    """The ones of this process."""
    return Metrics()


def count_invocation(function_name: str, account_id: str, region_name: str) -> None:
    """Takes the place of LocalStack's for an invocation without error."""
    metrics().add(Figure(account_id, region_name, function_name, "Invocations"), 1)
    metrics().add(Figure(account_id, region_name, function_name, "Errors"), 0)


def count_error(function_name: str, account_id: str, region_name: str) -> None:
    """Takes the place of LocalStack's for an invocation with an error."""
    metrics().add(Figure(account_id, region_name, function_name, "Invocations"), 1)
    metrics().add(Figure(account_id, region_name, function_name, "Errors"), 1)
