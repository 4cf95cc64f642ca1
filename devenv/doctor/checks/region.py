"""Everything in AWS is in one region, and nothing says so when it's looked for in another.

boto3 reads AWS_DEFAULT_REGION alone, the AWS CLI and other SDKs prefer AWS_REGION, and where
neither is exported they take the profile's. Source:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
"""

from dataclasses import replace

from botocore.exceptions import ClientError

from devenv.aws import NOT_FOUND, error_code
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, Unknown, well, wrong
from devenv.settings import REGIONS

NAME = "One region is meant everywhere"


def check(facts: Facts) -> Finding:
    settings = facts.settings
    region = settings.region
    profiles = str(facts.profile.get("region", ""))
    if region is None:
        return wrong("none is set", "Set AWS_DEFAULT_REGION=us-east-1 in .env or the shell.")
    if not any(facts.environ.get(name) for name in REGIONS):
        return well(f"{region}, the profile's")
    other = facts.environ.get("AWS_REGION")
    if other not in (None, region):
        return wrong(
            f"AWS_DEFAULT_REGION is {region}, which devenv and boto3 take, and AWS_REGION is "
            f"{other}, which the AWS CLI takes",
            "`unset AWS_REGION`, or set both to the same.",
        )
    differs = profiles not in ("", region)
    if differs and facts.is_aws:
        return wrong(
            f"AWS_DEFAULT_REGION is {region}, and the profile's is {profiles}: what is made in one "
            "is not seen in the other",
            f"Set AWS_DEFAULT_REGION={profiles} in .env, or `aws configure set region {region}`.",
        )
    if differs and (found := _found_in(facts, profiles)):
        return wrong(
            f"{found} is not in {region}, but in {profiles}, the profile's region",
            f"Set AWS_DEFAULT_REGION={profiles} in .env, or make them in {region}: "
            f"{facts.commands.make}.",
        )
    note = f" (the profile's is {profiles}: `aws` takes that without --region)" if differs else ""
    return well(f"{region}{note}")


def _found_in(facts: Facts, region: str) -> str | None:
    """The input stream, if it isn't in the region that is set, but in `region`."""
    name = facts.settings.input_stream
    try:
        if facts.system.streams[0].status != "MISSING":
            return None
        facts.connect(replace(facts.settings, region=region)).kinesis.describe_stream_summary(
            StreamName=name
        )
    except Unknown:
        return None
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise
    return name
