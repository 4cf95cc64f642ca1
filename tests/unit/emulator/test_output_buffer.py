"""What is kept of what a function prints."""

import pytest

from devenv.emulator.functions.output_buffer import OutputBuffer


def test_what_fits_is_kept_as_it_is() -> None:
    """And given once."""
    buffer = OutputBuffer(kept=100)
    for _ in range(10):
        buffer.add(b"0123456789")
    assert buffer.take() == "0123456789" * 10
    assert buffer.take() == ""


@pytest.mark.parametrize("size", [1, 7, 12, 64, 5000])
def test_of_more_the_beginning_and_the_end_are_kept(size: int) -> None:
    """However it arrives; the end begins with a whole line, and a line says what is missing."""
    buffer = OutputBuffer(kept=100)
    lines = [f"line {number:04}" for number in range(1000)]
    printed = "".join(f"{line}\n" for line in lines).encode()
    for start in range(0, len(printed), size):
        buffer.add(printed[start : start + size])
    first, notice, *last = buffer.take().splitlines()[4:]
    assert first.startswith("line 0004"[: len(first)])
    assert notice == (
        "devenv: 0.0 MB of output are left out here: of what one invocation prints, the first and "
        "the last 4.76837e-05 MB are kept."
    )
    assert last == lines[-len(last) :]
    assert 40 <= len("\n".join(last)) <= 50
    buffer.add(b"the next invocation's")
    assert buffer.take() == "the next invocation's"


def test_memory_is_bounded() -> None:
    """Whatever is printed."""
    buffer = OutputBuffer(kept=100)
    for _ in range(1000):
        buffer.add(b"x" * 30)
        assert len(buffer._first) + len(buffer._last) <= 180
    text = buffer.take()
    assert text.startswith("x" * 50 + "\ndevenv: ")
    assert text.endswith("kept.\n" + "x" * 50)
