"""A request whose permission is asked for, as LocalStack has parsed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """One operation of one service, by whom and where."""

    service: str
    """The name that signs it; `s3control` for S3 Control, which signs with S3's."""
    operation: str
    parameters: Parameters
    region: str
    account: str
    method: str = "POST"
    path: str = "/"
    """Of HTTP: API Gateway's actions and resources are made of them."""

    def arn(self, resource: str) -> str:
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{resource}"

    def named(self, resource: str, name: str) -> str:
        """The ARN of what a parameter names, which may be an ARN already."""
        return name if name.startswith("arn:") else self.arn(f"{resource}{name}")
