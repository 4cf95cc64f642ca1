"""A client of S3 Control, which puts the account before the host: this system may not know that
name, so requests go to the address, with the name as their Host."""

import urllib.parse
from typing import Any

from ..s3.emulator import Emulator

ACCOUNT = "000000000000"


def s3_control(running: Emulator) -> Any:
    port = urllib.parse.urlsplit(str(running.settings.endpoint_url)).port
    client = running.client("s3control")
    client.meta.events.register("before-send.s3-control.*", _to_the_address)
    client.meta.events.register(
        "before-sign.s3-control.*",
        lambda request, **_: request.headers.add_header("Host", f"{ACCOUNT}.localhost:{port}"),
    )
    return client


def _to_the_address(request: Any, **_: object) -> None:
    request.url = request.url.replace(f"//{ACCOUNT}.", "//")
