"""What an execution environment hands its runtime, and makes of its answers."""

import time

from environment_scripts import END, LONG, REPORT, START, Make, error, lines, request, works
from fake_runtime import Client, Exit


def test_a_warm_invocation_has_the_same_runtime_and_no_init(make: Make) -> None:
    """That is what module-level caches live on."""
    environment, sandboxes = make(works)
    environment.invoke(request(0))
    assert lines(environment.invoke(request())) == [START, 'handling {"ride": 1}', END, REPORT]
    assert len(sandboxes.started) == 1


def test_the_handler_learns_its_deadline(make: Make) -> None:
    """Milliseconds since the epoch, the function's timeout from now."""
    deadlines: list[int] = []

    def notes_deadline(client: Client) -> None:
        request_id, _ = client.next()
        deadlines.append(int(client.headers["Lambda-Runtime-Deadline-Ms"]))
        client.respond(request_id, None)

    environment, _ = make(notes_deadline)
    before = time.time()
    environment.invoke(request())
    assert before + LONG <= (deadlines[0] + 1) / 1000
    assert deadlines[0] / 1000 <= time.time() + LONG


def test_a_handlers_error_is_passed_on_and_the_runtime_lives(make: Make) -> None:
    """The error object is the runtime's own; REPORT has no status then."""

    def raises(client: Client) -> None:
        while True:
            request_id, _ = client.next()
            client.fail(request_id, "ValueError", "no ride")

    environment, sandboxes = make(raises)
    environment.invoke(request(0))
    result = environment.invoke(request())
    assert error(result) == {"errorType": "ValueError", "errorMessage": "no ride"}
    assert lines(result) == [START, END, REPORT]
    assert len(sandboxes.started) == 1


def test_an_errors_stack_names_lambdas_folders(make: Make) -> None:
    """A response is left as it is, whatever it names."""

    def raises_then_answers(client: Client) -> None:
        request_id, _ = client.next()
        client.fail(request_id, "ValueError", "at /here/app.py")
        request_id, _ = client.next()
        client.respond(request_id, "/here/app.py")
        client.killed.wait()

    environment, _ = make(raises_then_answers)
    assert error(environment.invoke(request(0)))["errorMessage"] == "at /var/task/app.py"
    assert environment.invoke(request(1)).payload == b'"/here/app.py"'


def test_a_response_that_is_too_large_is_the_callers_error(make: Make) -> None:
    """The runtime is told with 413, of which Python's dies."""

    def answers_too_much(client: Client) -> None:
        request_id, _ = client.next()
        if client.respond(request_id, "x" * 6_291_556) == 413:
            raise Exit("exit status 1")

    environment, _ = make(answers_too_much, works)
    assert error(environment.invoke(request()))["errorType"] == "Function.ResponseSizeTooLarge"
    assert not environment.invoke(request(2)).is_error


def test_a_second_answer_to_one_invocation_is_not_the_next_ones(make: Make) -> None:
    """A custom runtime may do that by mistake, and is told."""
    answers: list[int] = []

    def answers_twice(client: Client) -> None:
        while True:
            request_id, _ = client.next()
            answers.append(client.respond(request_id, request_id))
            answers.append(client.respond(request_id, "again"))

    environment, _ = make(answers_twice)
    payloads = [environment.invoke(request(number)).payload for number in range(3)]
    assert payloads == [b'"id-0"', b'"id-1"', b'"id-2"']
    assert answers[:4] == [202, 400, 202, 400]
