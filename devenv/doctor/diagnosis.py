"""A function's error in plain words, with a cure whose commands work for that function, there."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.doctor.known_errors import KNOWN, Known
from devenv.place import Commands
from devenv.settings import Settings

MOST_SECONDS, MOST_MB = 900, 10240
"""What Lambda gives a function."""


@dataclass(frozen=True)
class Diagnosis:
    """What happened, and what to do."""

    what: str
    cure: str


@dataclass(frozen=True)
class Failed:
    """The function that failed, as far as cures name it."""

    name: str
    commands: Commands
    is_zip: bool = False
    handler: str = ""
    role: str = ""
    """Its name."""
    timeout: int = 3
    memory: int = 128
    predictions: str = ""
    """The stream that predictions are read from."""
    bucket: str = ""
    """The one that models are kept in."""

    @staticmethod
    def of(config: Mapping[str, Any], settings: Settings, commands: Commands) -> "Failed":
        """From the function's configuration, as Lambda has it."""
        return Failed(
            name=config.get("FunctionName", settings.function_name),
            commands=commands,
            is_zip=config.get("PackageType", "Zip") == "Zip",
            handler=config.get("Handler", ""),
            role=config.get("Role", "").rpartition("/")[2],
            timeout=config.get("Timeout", 3),
            memory=config.get("MemorySize", 128),
            predictions=settings.predictions_stream,
            bucket=settings.model_bucket,
        )

    def configure(self, options: str) -> str:
        """The command that changes its configuration."""
        words = "lambda update-function-configuration --function-name"
        return self.commands.aws(f"{words} {self.name} {options}")

    @property
    def code(self) -> str:
        """The command that gives it the code of another zip."""
        words = "lambda update-function-code --function-name"
        return self.commands.aws(f"{words} {self.name} --zip-file fileb://function.zip")

    @property
    def enough_seconds(self) -> int:
        return min(max(15, 2 * self.timeout), MOST_SECONDS)

    @property
    def enough_mb(self) -> int:
        return min(max(512, 2 * self.memory), MOST_MB)


class _With:
    """A field that takes the rest of a command: {configure:--timeout 15}."""

    def __init__(self, command: Any) -> None:
        self._command = command

    def __format__(self, words: str) -> str:
        return str(self._command(words))


def diagnose(text: str, function: Failed) -> Diagnosis | None:
    """What `text`, a log or an error's message, tells; None if nothing here is known."""
    for known in KNOWN:
        if found := re.search(known.pattern, text, re.MULTILINE):
            words = _words(found, function)
            return Diagnosis(known.what.format(**words), _cure(known, function).format(**words))
    return None


def _cure(known: Known, function: Failed) -> str:
    return known.zip_cure if function.is_zip and known.zip_cure else known.cure


def _words(found: "re.Match[str]", function: Failed) -> dict[str, Any]:
    commands = function.commands
    groups = {name: _word(value) for name, value in found.groupdict().items()}
    return groups | {
        "make": commands.make,
        "deploy": commands.deploy,
        "logs": commands.logs("function"),
        "code": function.code,
        "configure": _With(function.configure),
        "aws": _With(commands.aws),
        "timeout": function.enough_seconds,
        "memory": function.enough_mb,
        "handler": function.handler or "the image's CMD",
        "role": function.role,
        "predictions": function.predictions,
        "bucket": function.bucket,
        "document": policy(groups["action"], found["resource"]) if "action" in groups else "",
    }


def policy(action: str, resource: str | None) -> str:
    """A policy's document that allows one action."""
    where = resource.strip("`'\".,;") if resource else "*"
    statement = {"Effect": "Allow", "Action": action, "Resource": where}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _word(value: str | None) -> str:
    """As it stands in a sentence."""
    return value.strip("`'\".,;:") if value else "what the log names"
