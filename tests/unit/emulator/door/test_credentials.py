"""Which key a request is signed with, by header, URL or form."""

import pytest

from devenv.emulator.door.credentials import Credential, from_fields, from_header
from devenv.emulator.door.refusal import Refused

SCOPE = "KEY/20260101/eu-west-1/kinesis/aws4_request"


@pytest.mark.parametrize(
    "header",
    [
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=host,Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}",
    ],
)
def test_a_signature_4_names_key_region_and_service(header: str) -> None:
    assert from_header(header) == Credential("KEY", "eu-west-1", "kinesis")


def test_a_signature_4a_names_no_region() -> None:
    header = "AWS4-ECDSA-P256-SHA256 Credential=KEY/20260101/s3/aws4_request, Signature=0"
    assert from_header(header) == Credential("KEY", None, "s3")


def test_a_signature_2_is_s3s() -> None:
    assert from_header("AWS KEY:c2lnbmF0dXJl") == Credential("KEY", None, "s3")


@pytest.mark.parametrize("header", [None, "", "Bearer AWS4-x", "Basic dGVzdDp0ZXN0"])
def test_anything_that_isnt_awss_is_no_signature(header: str | None) -> None:
    assert from_header(header) is None


@pytest.mark.parametrize(
    "header",
    [
        f"AWS4-HMAC-SHA256 SignedHeaders=host, Credential={SCOPE}, Signature=0",
        "AWS4-HMAC-SHA256 Credential=KEY, Signature=0",
        "AWS4-HMAC-SHA256 Credential=/20260101/eu-west-1/kinesis/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Signature=0",
        "AWS4-HMAC-SHA256",
        "AWS KEY",
        "AWS :signature",
    ],
)
def test_a_malformed_signature_is_refused(header: str) -> None:
    """LocalStack takes it for the default account's root."""
    with pytest.raises(Refused, match="'Credential' as its first parameter"):
        from_header(header)


@pytest.mark.parametrize(
    ("credential", "signature"),
    [("X-Amz-Credential", "X-Amz-Signature"), ("x-amz-credential", "x-amz-signature")],
)
def test_a_presigned_url_or_form_is_signed(credential: str, signature: str) -> None:
    fields = {credential: SCOPE, signature: "0"}
    assert from_fields(fields) == Credential("KEY", "eu-west-1", "kinesis")


def test_fields_of_signature_2() -> None:
    fields = {"AWSAccessKeyId": "KEY", "Signature": "x", "Expires": "1"}
    assert from_fields(fields) == Credential("KEY", None, "s3")


@pytest.mark.parametrize("fields", [{}, {"AWSAccessKeyId": "KEY"}, {"X-Amz-Signature": "x"}])
def test_fields_without_key_and_signature_are_unsigned(fields: dict[str, str]) -> None:
    assert from_fields(fields) is None


@pytest.mark.parametrize("fields", [{"X-Amz-Credential": SCOPE}, {"X-Amz-Credential": "KEY"}])
def test_a_credential_without_its_signature_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(Refused, match="X-Amz-Signature"):
        from_fields(fields)
