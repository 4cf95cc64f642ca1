"""Requests are signed, to an emulator as well; AWS wants real credentials."""

from botocore.exceptions import ClientError

from devenv.aws import BAD_CONFIGURATION, BAD_CREDENTIALS, error_code
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, well, wrong

NAME = "The credentials fit the endpoint"

OWN = "`aws configure`, `aws sso login`, or AWS_PROFILE"
USERS = "AKIA"
"""What a user's own key begins with; temporary ones: ASIA."""


def check(facts: Facts) -> Finding:
    try:
        signer = facts.signer
    except Unknown:
        emulator = "AWS_ACCESS_KEY_ID=test and AWS_SECRET_ACCESS_KEY=test in .env (any value does)"
        return wrong(
            f"there are none to sign requests to {facts.settings.endpoint} with",
            f"Take your own: {OWN}."
            if facts.is_aws
            else f"Put {emulator}: `cp .env.example .env`.",
        )
    except BAD_CONFIGURATION as error:
        return wrong(
            f"boto3 can't read them: {error}",
            "Check AWS_PROFILE, AWS_CONFIG_FILE (~/.aws/config) and ~/.aws/credentials.",
        )
    who = f"{signer.access_key[:4]}… from {signer.source}"
    if not facts.is_aws:
        return well(f"{who}; the emulator takes any")
    if signer.is_made_up:
        return wrong(
            f"AWS is asked with the emulator's credentials ({signer.access_key})",
            f"Remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from .env, and take your own: "
            f"{OWN}. For the emulator set AWS_ENDPOINT_URL.",
        )
    if signer.temporary and signer.access_key.startswith(USERS):
        return wrong(
            f"{who} is a user's, and a session token of other credentials is set beside it",
            "`unset AWS_SESSION_TOKEN`",
        )
    _ = facts.endpoint
    try:
        return well(f"{who}: {facts.identity.arn}")
    except ClientError as error:
        if error_code(error) not in BAD_CREDENTIALS:
            raise
        return wrong(
            f"AWS refused {who} ({error_code(error)})",
            f"They have expired, or are mistyped, or the clock is wrong: take new ones ({OWN}).",
        )
