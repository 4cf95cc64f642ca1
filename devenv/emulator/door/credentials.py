"""Which access key a request is signed with: in its Authorization header, its URL, or its form.

Signatures themselves aren't verified: the emulator doesn't know the secret of a key that it hasn't
made, and any such key is the developer's own. Keys of sessions are known (see `iam.principals`).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from devenv.emulator.door.refusal import Reason, Refused

SIGNATURE_4 = re.compile(
    r"AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256)\s+"
    r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?:(?P<region>[^/,\s]+)/)?(?P<service>[^/,\s]+)/aws4_request"
    r"\s*(?:,|$)"
)
"""An Authorization header. Its Credential comes first, as in all that AWS's clients send."""
SIGNATURE_2 = re.compile(r"AWS (?P<key>[^:\s]+):\S+")
SCOPE = re.compile(r"(?P<key>[^/]+)/\d{8}/(?:(?P<region>[^/]+)/)?(?P<service>[^/]+)/aws4_request")
"""X-Amz-Credential, in a URL or a form."""


@dataclass(frozen=True)
class Credential:
    """The key that a request is signed with."""

    access_key: str
    region: str | None = None
    service: str = ""
    """The name that the request is signed for; "" for signature version 2."""


def from_header(authorization: str | None) -> Credential | None:
    """Of an Authorization header; None if there's none, or one that isn't AWS's (`Bearer …`).

    Raises Refused for a malformed one of AWS's.
    """
    if not authorization or not authorization.startswith("AWS"):
        return None
    if found := SIGNATURE_4.match(authorization):
        return Credential(found["key"], found["region"], found["service"])
    if found := SIGNATURE_2.fullmatch(authorization):
        return Credential(found["key"], service="s3")
    raise Refused(
        Reason.MALFORMED,
        "Authorization header requires 'Credential' as its first parameter: AWS4-HMAC-SHA256 "
        "Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=….",
    )


def from_fields(fields: Mapping[str, str]) -> Credential | None:
    """Of a presigned URL's parameters or a POST form's fields; None if they aren't signed.

    Raises Refused if they are signed, but not in one of AWS's ways.
    """
    lower = {name.lower(): value for name, value in fields.items()}
    if (scope := lower.get("x-amz-credential")) is not None:
        found = SCOPE.fullmatch(scope)
        if found is None or not lower.get("x-amz-signature"):
            raise Refused(
                Reason.MALFORMED,
                "A signed URL or form requires X-Amz-Credential=KEY/DATE/REGION/SERVICE/"
                "aws4_request and X-Amz-Signature.",
            )
        return Credential(found["key"], found["region"], found["service"])
    if (key := lower.get("awsaccesskeyid")) and lower.get("signature"):
        return Credential(key, service="s3")
    return None
