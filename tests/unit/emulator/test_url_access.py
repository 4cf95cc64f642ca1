"""Who may call a function's URL: AuthType and the function's policy."""

from typing import Any

import pytest

from devenv.emulator.functions.url_access import missing

URL = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl"}
INVOKE = URL | {"Action": "lambda:InvokeFunction"}
FOR_SIGNERS = {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}
FOR_ALL = {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}}
FOR_ONE_ACCOUNT = {"Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"}}}
GATEWAY = INVOKE | {"Principal": {"Service": "apigateway.amazonaws.com"}}


def test_both_permissions_let_anyone_in() -> None:
    assert missing("NONE", False, [URL | FOR_ALL, INVOKE]) is None


@pytest.mark.parametrize(
    ("statements", "lacking"),
    [
        ([], "lambda:InvokeFunctionUrl and lambda:InvokeFunction"),
        ([URL | FOR_ALL], "lambda:InvokeFunction:"),
        ([INVOKE], "lambda:InvokeFunctionUrl:"),
        ([URL | FOR_ALL, GATEWAY], "lambda:InvokeFunction:"),
        ([URL | FOR_SIGNERS, INVOKE], "lambda:InvokeFunctionUrl:"),
        ([URL, INVOKE | FOR_ONE_ACCOUNT], "lambda:InvokeFunction:"),
    ],
)
def test_what_is_missing_is_said(statements: list[Any], lacking: str) -> None:
    trouble = missing("NONE", False, statements)
    assert trouble is not None
    assert f"(*) {lacking}" in trouble


def test_with_iam_a_request_must_be_signed() -> None:
    assert missing("AWS_IAM", True, []) is None
    assert missing("AWS_IAM", False, [URL, INVOKE]) is not None
