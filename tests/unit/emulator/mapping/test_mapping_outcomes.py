"""Every kind of answer that a function may give, and what it says of the batch."""

import json
from typing import Any

import pytest

from devenv.emulator.mapping.outcomes import (
    Failed,
    Outcome,
    PartlyFailed,
    Succeeded,
    error_words,
    read_answer,
)

BATCH = ["1", "2", "3"]


def read(answer: Any, *, is_error: bool = False, partial: bool = True) -> Outcome:
    payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_answer(payload, is_error, BATCH, partial=partial, window=False)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        None,
        "",
        {},
        {"predictions": [1]},
        {"batchItemFailures": None},
        {"batchItemFailures": []},
    ],
)
def test_success(answer: Any) -> None:
    assert isinstance(read(answer), Succeeded)


@pytest.mark.parametrize(
    "failure",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"wrongKey": "1"},
        {"itemIdentifier": "4"},
        {"itemIdentifier": 1},
        "1",
    ],
)
def test_full_failure(failure: Any) -> None:
    outcome = read({"batchItemFailures": [{"itemIdentifier": "2"}, failure]})
    assert isinstance(outcome, Failed)
    assert outcome.function_error is None


def test_failures_that_are_no_list_fail_the_batch() -> None:
    assert isinstance(read({"batchItemFailures": "1"}), Failed)


def test_an_exception_is_unhandled() -> None:
    error = {"errorType": "ValueError", "errorMessage": "no", "stackTrace": []}
    assert read(error, is_error=True) == Failed("ValueError: no", error_type="ValueError")


def test_the_lowest_number_is_where_the_batch_goes_on() -> None:
    outcome = read({"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]})
    assert isinstance(outcome, PartlyFailed)
    assert outcome.index == 1


def test_failures_are_ignored_unless_asked_for() -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert read(answer, partial=False) == Succeeded()


@pytest.mark.parametrize("answer", [None, {}, {"state": None}, {"state": "x"}, "state"])
def test_a_window_needs_a_state(answer: Any) -> None:
    payload = json.dumps(answer).encode()
    outcome = read_answer(payload, False, BATCH, partial=False, window=True)
    assert isinstance(outcome, Failed)


def test_a_windows_state_is_kept() -> None:
    outcome = read_answer(b'{"state": {"n": 1}}', False, BATCH, partial=False, window=True)
    assert outcome == Succeeded({"n": 1})


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b'{"errorMessage": "Task timed out"}', "Task timed out"),
        (b"not json", "not json"),
        (b"", "no reason given"),
        (b"[]", "[]"),
    ],
)
def test_error_words(payload: bytes, words: str) -> None:
    assert error_words(payload) == words
