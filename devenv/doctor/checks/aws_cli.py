"""AWS CLI v2 takes `--data` for base64 where v1 took it as it is: "Invalid base64", or worse,
a record that is something else. There is no variable for it, only a line in ~/.aws/config.
And v1 refuses the option that v2 needs, and asks AWS for `sqs` whatever AWS_ENDPOINT_URL says; but
for the one of .venv (`devenv.aws_cli`).

Source: https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html
"""

import re

from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding, skipped, well, wrong

NAME = "The AWS CLI takes data as it is typed, and asks this endpoint"
SETTING, VALUE = "cli_binary_format", "raw-in-base64-out"


def check(facts: Facts) -> Finding:
    path = facts.machine.which("aws")
    if path is None:
        return skipped("there is no `aws` on the PATH; `devenv put` needs none")
    try:
        said = facts.machine.cli_version(path)
    except OSError as error:
        return skipped(f"{path} can't be asked for its version: {error}")
    version = re.search(r"aws-cli/(\d+)\.\S+", said)
    if version is None:
        return skipped(f"{path} does not tell its version")
    if int(version[1]) < 2 and " devenv/" not in said:
        return wrong(
            f"{path} is {version[0]}, which refuses --cli-binary-format and sends `aws sqs` to AWS",
            "`scripts/setup` and `. .venv/bin/activate`: the `aws` there does neither.",
        )
    if int(version[1]) < 2 or facts.profile.get(SETTING) == VALUE:
        return well(f"{version[0]}, {path}")
    return wrong(
        f"{path} is {version[0]}, which takes --data for base64 (`Invalid base64`)",
        f"`aws configure set {SETTING} {VALUE}`, or add --cli-binary-format {VALUE} each time.",
    )
