"""What stands in CloudWatch Logs after an invocation, and in the answer's tail."""

import itertools
import re
import shutil
from pathlib import Path

from .zip_functions import Functions

CHATTY = """
import logging, os, subprocess, sys
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    logging.info("logged")
    subprocess.run(["echo", "from a child"])
    return context.aws_request_id
"""

MUCH = """
def handler(event, context):
    for number in range(10_000):
        print(f"line {number:05d} " + "x" * 100)
    return "done"
"""


def test_the_log_has_start_output_end_and_report_in_order(functions: Functions) -> None:
    """Each invocation's lines as CloudWatch Logs has them; init is told on the cold one alone."""
    name = functions.create(CHATTY, MemorySize=256)
    first = functions.invoke(name).payload
    second = functions.invoke(name).payload
    lines = functions.log(name, f"REPORT RequestId: {second}")
    figure = r"[\d.]+"
    expected = []
    for request, init in ((first, rf"\tInit Duration: {figure} ms"), (second, "")):
        expected += [
            rf"START RequestId: {request} Version: \$LATEST",
            "to stdout",
            "to stderr",
            rf"\[INFO\]\t\S+Z\t{request}\tlogged",
            "from a child",
            f"END RequestId: {request}",
            rf"REPORT RequestId: {request}\tDuration: {figure} ms\tBilled Duration: \d+ ms"
            rf"\tMemory Size: 256 MB\tMax Memory Used: \d+ MB{init}",
        ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), (line, pattern)


def test_what_is_printed_while_loading_stands_before_start(functions: Functions) -> None:
    """Init is over before the first invocation begins."""
    name = functions.create("print('loading')\ndef handler(event, context): pass\n")
    tail = functions.invoke(name).tail.splitlines()
    assert tail[0] == "loading"
    assert tail[1].startswith("START RequestId: ")


def test_much_output_is_neither_lost_nor_in_the_way(functions: Functions) -> None:
    """1 MB from one invocation arrives whole and in order."""
    name = functions.create(MUCH)
    assert functions.invoke(name).payload == "done"
    lines = [line[:10] for line in functions.log(name) if line.startswith("line ")]
    assert lines == [f"line {number:05d}" for number in range(10_000)]


def test_the_tail_holds_the_last_4_kb(functions: Functions) -> None:
    """As LogType=Tail is documented."""
    answer = functions.run(MUCH)
    assert len(answer.tail.encode()) <= 4096
    assert "line 09999" in answer.tail
    assert "REPORT RequestId: " in answer.tail


def test_much_more_output_is_cut_and_says_so(functions: Functions) -> None:
    """It would be in the emulator's memory. The beginning and the end are there."""
    name = functions.create(MUCH.replace("10_000", "200_000").replace(":05d", ":06d"))
    answer = functions.invoke(name)
    assert answer.payload == "done"
    assert "line 199999" in answer.tail
    lines = functions.log(name)
    numbers = [int(line[5:11]) for line in lines if line.startswith("line ")]
    [notice] = [line for line in lines if line.startswith("devenv: ")]
    assert re.match(r"devenv: \d+\.\d MB of output are left out here: ", notice)
    assert (numbers[0], numbers[-1]) == (0, 199_999)
    gaps = [(a, b) for a, b in itertools.pairwise(numbers) if b != a + 1]
    assert len(gaps) <= 2  # One, or two where a line was cut in two.
    assert 60_000 < len(numbers) < 80_000


def test_a_log_folder_that_was_removed_is_made_anew(functions: Functions, home: Path) -> None:
    """Every invocation failed."""
    name = functions.create("def handler(event, context): print('mark', event)")
    logs = home / "logs"
    logs.rename(home / "logs-elsewhere")  # Kept for other tests.
    try:
        assert functions.invoke(name, "after").error is None
        assert "mark after" in (logs / "function.log").read_text()
    finally:
        shutil.rmtree(logs)
        (home / "logs-elsewhere").rename(logs)


def test_the_log_file_has_the_lines_too(functions: Functions, home: Path) -> None:
    """What `devenv up` shows is written when the caller gets the answer."""
    answer = functions.run("def handler(event, context): print('mark', event)", "of this test")
    log = (home / "logs" / "function.log").read_text()
    assert answer.tail in log
    assert "mark of this test" in log
