"""`devenv doctor`: what is wrong here, and how it's put right."""

import dataclasses
import os

import click

from devenv.commands.context import Context, json_option, pass_context, pipeline_option
from devenv.doctor.checks import CHECKS
from devenv.doctor.examination import examine
from devenv.doctor.facts import Facts
from devenv.doctor.finding import Finding
from devenv.output import Output

SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "dim")}


@click.command()
@pipeline_option
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> int:
    """Look at everything that usually goes wrong: ✓ well, ✗ wrong with its cure, – not looked at.

    It changes nothing. Exits 1 if something is wrong.
    """
    output = context.output(as_json)
    facts = Facts(context.settings, os.environ)
    wrong = 0
    for name, finding in examine(CHECKS, facts):
        output.data(_lines(output, name, finding), name=name, **dataclasses.asdict(finding))
        wrong += finding.ok is False
    if not as_json:
        verb = "is" if wrong == 1 else "are"
        context.say(f"{wrong} of {len(CHECKS)} {verb} wrong." if wrong else "Nothing is wrong.")
    return 1 if wrong else 0


def _lines(output: Output, name: str, finding: Finding) -> str:
    sign, colour = SIGNS[finding.ok]
    line = f"{output.paint(sign, colour)} {name}: {finding.detail}"
    return f"{line}\n    {finding.cure}" if finding.cure else line
