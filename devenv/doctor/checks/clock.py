"""A signature carries the time; AWS refuses requests that are more than five minutes off."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, skipped, well, wrong

NAME = "This machine's clock agrees with the endpoint's"

LIMIT, NOTABLE = 300, 60
"""Seconds: AWS's limit, and what already spoils ages of records and timestamps."""


def check(facts: Facts) -> Finding:
    date = _date(facts)
    if date is None:
        return skipped("the endpoint does not tell its time")
    now = datetime.fromtimestamp(facts.machine.now(), UTC)
    ahead = (now - parsedate_to_datetime(date)).total_seconds()
    words = f"{abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}"
    if abs(ahead) < NOTABLE:
        return well("less than a minute apart")
    limit = "; AWS refuses requests that are 300 s off" if abs(ahead) < LIMIT else ""
    refused = ": AWS refuses such requests (SignatureDoesNotMatch, RequestTimeTooSkewed)"
    return wrong(
        f"it is {words}{limit or refused}",
        "Set it by NTP: `timedatectl set-ntp true`; with WSL: `wsl --shutdown` after a sleep; with "
        "Docker Desktop: start that again.",
    )


def _date(facts: Facts) -> str | None:
    """HTTP's Date of an answer; also of one that refuses, perhaps for the clock."""
    url = facts.settings.endpoint_url
    _ = facts.endpoint
    if url is None or facts.is_aws:
        try:
            return facts.identity.date
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPHeaders"].get("date")
    try:
        return facts.get(f"{url}/_localstack/health").date
    except OSError as error:
        raise Unknown("the endpoint does not answer") from error
