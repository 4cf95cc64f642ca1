"""Moments as they are typed: a time, seconds since 1970, or how long ago."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from devenv.errors import BadInput

AGO = re.compile(r"(?P<count>\d{1,9})(?P<unit>[smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SECONDS = re.compile(r"\d{9,11}(\.\d+)?")


def moment(text: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> datetime:
    """`2026-11-25T10:15`, `10:15` (today), `1795000000` or `15m` (ago). Local time, unless the text
    says which. Raises `BadInput`."""
    try:
        if found := AGO.fullmatch(text):
            return now() - timedelta(**{UNITS[found["unit"]]: int(found["count"])})
        if SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        if re.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", text):
            text = (
                f"{now().astimezone():%Y-%m-%d}T{text.zfill(5) if text.count(':') == 1 else text}"
            )
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(
            f"{text} is no moment: expected a time (2026-11-25T10:15, 10:15), seconds since 1970, "
            "or how long ago (30s, 15m, 2h, 1d)."
        ) from error


def since_option[F: Callable[..., object]](about: str) -> Callable[[F], F]:
    """`--since`, parsed."""

    def parse(context: click.Context, parameter: click.Parameter, value: Any) -> datetime | None:
        return None if value is None else moment(value)

    def option(function: F) -> F:
        return click.option("--since", metavar="TIME", help=about, callback=parse)(function)

    return option
