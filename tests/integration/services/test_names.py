"""URLs that the emulator gives out: their form is AWS's, and they lead back to it."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest

from ..s3.emulator import Emulator
from ..zip_functions import Functions
from .s3_control import s3_control

TERRAFORM = re.compile(r"https?://[^/]+/(\d{12})/([\w-]+(\.fifo)?)")
"""How Terraform's provider reads account and name from a queue's URL."""
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps([event["rawPath"], event["body"]])}
"""


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_queues_url_ends_in_its_account_and_name(
    running: Emulator, name: str, suffix: str
) -> None:
    """And serves for sending, receiving and looking the queue up again."""
    sqs = running.client("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if suffix else {}
    url = sqs.create_queue(QueueName=f"{name}{suffix}", Attributes=attributes)["QueueUrl"]
    found = TERRAFORM.fullmatch(url)
    assert found is not None, url
    assert found.groups()[:2] == ("000000000000", f"{name}{suffix}")
    assert sqs.get_queue_url(QueueName=f"{name}{suffix}")["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix=name)["QueueUrls"]
    sqs.send_message(QueueUrl=url, MessageBody="a", **({"MessageGroupId": "1"} if suffix else {}))
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "a"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_queue_url_of_before_still_leads_to_the_queue(running: Emulator, name: str) -> None:
    """`/queue/REGION/ACCOUNT/NAME` may stand in somebody's settings."""
    sqs = running.client("sqs")
    sqs.create_queue(QueueName=name)
    old = f"{running.settings.endpoint_url}/queue/us-east-1/000000000000/{name}"
    assert sqs.send_message(QueueUrl=old, MessageBody="a")["MessageId"]


def test_a_queues_own_url_is_asked_as_on_aws(running: Emulator, name: str) -> None:
    """Actions at the URL itself, for a queue that lets everyone in; others need a signature."""
    sqs = running.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    query = urllib.parse.urlencode({"Action": "SendMessage", "MessageBody": "by query"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url}?{query}", timeout=30)
    open_to_all = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sqs:SendMessage",
            "Resource": f"arn:aws:sqs:us-east-1:000000000000:{name}",
        },
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(open_to_all)})
    with urllib.request.urlopen(f"{url}?{query}", timeout=30) as answer:
        assert b"<MessageId>" in answer.read()
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "by query"


@pytest.mark.skipif(shutil.which("curl") is None, reason="asks as users do: with curl")
def test_curl_finds_a_function_by_its_url(functions: Functions) -> None:
    """As it's given out, without telling curl where that is."""
    function, client = functions.create(ECHO), functions.aws.functions
    called = {"FunctionName": function}
    url = client.create_function_url_config(**called, AuthType="NONE")["FunctionUrl"]
    anyone = {**called, "Principal": "*"}
    client.add_permission(
        **anyone,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE",
    )
    client.add_permission(
        **anyone, StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True
    )
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", f"{url}rides", "-d", "{}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == ["/rides", "e30="]


def test_s3_control_answers_below_localhost(running: Emulator, name: str) -> None:
    """Clients put the account before the endpoint's name: `000000000000.localhost`, which the
    system may know or not; the emulator does."""
    running.s3().create_bucket(Bucket=name)
    control = s3_control(running)
    tags = [{"Key": "a", "Value": "b"}]
    arn = f"arn:aws:s3:::{name}"
    control.tag_resource(AccountId="000000000000", ResourceArn=arn, Tags=tags)
    found = control.list_tags_for_resource(AccountId="000000000000", ResourceArn=arn)
    assert found["Tags"] == tags
