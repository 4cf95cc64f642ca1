"""Times as AWS's responses hold them: to the millisecond, in UTC."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC)
