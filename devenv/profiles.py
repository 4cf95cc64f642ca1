"""The region that AWS's own configuration files have, read as botocore does, without importing it.

Where neither AWS_DEFAULT_REGION nor AWS_REGION is set, botocore's clients take this one: so what
commands say of the region is what their requests use.
"""

import configparser
from collections.abc import Mapping
from pathlib import Path

FILES = (
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ("AWS_CONFIG_FILE", "~/.aws/config"),
)
"""The variables that name the files, where they are otherwise; what stands in the first counts."""


def profile_region(environ: Mapping[str, str]) -> str | None:
    """The region of AWS_PROFILE, or of `default`; None too for a file that can't be read, which
    botocore will say."""
    profile = environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or "default"
    for (variable, usual), section in zip(FILES, (profile, _section(profile)), strict=True):
        parser = configparser.RawConfigParser(default_section="")
        try:
            parser.read(Path(environ.get(variable, usual)).expanduser(), encoding="utf-8")
            if region := parser.get(section, "region", fallback="").strip():
                return region
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
    return None


def _section(profile: str) -> str:
    """What the configuration file calls a profile; `[profile default]` is read as well by AWS, and
    written by nobody."""
    return profile if profile == "default" else f"profile {profile}"
