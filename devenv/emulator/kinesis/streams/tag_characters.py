"""Which characters tags may have.

Recorded on AWS (2014–2020) in two steps: `%`, which the first error's text allows, is refused by
another one. The API's reference has the same list:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Tag.html
"""

import unicodedata
from collections.abc import Iterable

from localstack.aws.api.kinesis import InvalidArgumentException

from devenv.emulator.kinesis.streams.model import Stream

OTHERS = frozenset("_./=+-@ ")
LETTERS_AND_DIGITS = ("L", "N")
"""Unicode's categories."""
SPACES = "Zs"
"""Not tabs and ends of lines, which are control characters."""


def check(texts: Iterable[str], stream: Stream, action: str = "add tags to") -> None:
    """Raise InvalidArgumentException unless all of `texts`, keys and values, may be in tags."""
    odd = {character for text in texts for character in text if not _is_allowed(character)}
    if odd - {"%"}:
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, "
            "white space, _ . / = + - % @."
        )
    if odd:
        raise InvalidArgumentException(
            f"Failed to {action} stream {stream.name} under account {stream.account} because some "
            "tags contained illegal characters. The allowed characters are Unicode letters, "
            "white-spaces, '_',',','/','=','+','-','@'."
        )


def _is_allowed(character: str) -> bool:
    if character in OTHERS:
        return True
    category = unicodedata.category(character)
    return category[0] in LETTERS_AND_DIGITS or category == SPACES
