"""A real Chromium at another site's page, which tries whatever a page can without asking.

The page reports to the site that it came from when all attempts are over. It is tried from a host
of its own (cross-site), from another port of this machine (same-site), and the emulator is opened
under a name that was made to resolve to this machine.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from ..s3.emulator import Emulator
from .attacks import MARK
from .test_allowed import emulator_with

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("needs chromium (apt-get install chromium)", allow_module_level=True)

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # The emulator has to refuse by itself, whatever a browser asks its person.
    "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessSendPreflights",
    "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1",
)

QUERY = f"Action=CreateQueue&Version=2012-11-05&QueueName={MARK}"
PAGE = """<!doctype html><body><script>
const emulator = "EMULATOR", query = "QUERY";
const settled = [];
function loaded(element, source) {
  settled.push(new Promise(done => { element.onload = element.onerror = done; }));
  Object.assign(element, source);
  document.body.append(element);
}
loaded(new Image(), {referrerPolicy: "no-referrer", src: `${emulator}/image?${query}-image`});
loaded(new Image(), {src: `${emulator}/image-with-referrer?${query}-image-2`});
loaded(document.createElement("script"), {src: `${emulator}/script?${query}-script`});
loaded(document.createElement("iframe"), {src: `${emulator}/frame?${query}-frame`});
const options = {method: "POST", mode: "no-cors", body: `${query}-fetch`,
                 headers: {"Content-Type": "application/x-www-form-urlencoded"}};
settled.push(fetch(`${emulator}/fetch`, options).catch(() => 0));
settled.push(fetch(`${emulator}/MARK/fetched`, {method: "PUT", body: "x"}).catch(() => 0));
settled.push(fetch(`${emulator}/cors?${query}-cors`).catch(() => 0));
const target = document.createElement("iframe");
target.name = "target";
document.body.append(target);
settled.push(new Promise(done => { target.onload = done; }));
const form = document.createElement("form");
Object.assign(form, {method: "POST", action: `${emulator}/MARK`, target: "target",
                     enctype: "multipart/form-data"});
form.innerHTML = '<input name="key" value="form">' +
  '<input name="success_action_status" value="201"><input name="file" value="x">';
document.body.append(form);
form.submit();
settled.push(new Promise(done => {
  const socket = new WebSocket(emulator.replace("http", "ws") + "/socket");
  socket.onopen = () => { fetch("/opened", {method: "POST"}); done(); };
  socket.onerror = done;
}));
Promise.all(settled).then(() => fetch("/done", {method: "POST"}));
</script>"""
ATTEMPTS = (
    *("GET /image:", "GET /image-with-referrer:", "GET /script:", "GET /frame:", "POST /fetch:"),
    *("GET /cors:", f"POST /{MARK}:", "GET /socket:"),
)
"""As the emulator's log has those that it refused; a PUT is preceded by its preflight."""


@dataclass
class Site:
    """The attacker's server. `emulator` is the endpoint that its page attacks."""

    port: int = 0
    emulator: str = ""
    done: threading.Event = field(default_factory=threading.Event)
    reports: list[str] = field(default_factory=list)

    @property
    def page(self) -> bytes:
        page = PAGE.replace("EMULATOR", self.emulator).replace("QUERY", QUERY)
        return page.replace("MARK", MARK).encode()


@contextmanager
def attackers_site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(site.page if self.path == "/" else b"")

        def do_POST(self) -> None:
            site.reports.append(self.path)
            self._answer(b"")
            if self.path == "/done":
                site.done.set()

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Requests are not logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = cast(int, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    assert CHROMIUM is not None, "no chromium here: apt-get install chromium"
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    log = (folder / "chromium.log").open("wb")
    browser = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        yield browser
    finally:
        browser.kill()
        browser.communicate()
        log.close()


def visit(folder: Path, host: str, site: Site) -> None:
    """Open the attacker's page and wait until it has tried everything."""
    with chromium(folder, f"http://{host}:{site.port}/"):
        assert site.done.wait(60), (folder / "chromium.log").read_text()


def queues(instance: Emulator) -> list[str]:
    found: list[str] = instance.client("sqs").list_queues().get("QueueUrls", [])
    return [url for url in found if MARK in url]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator that takes unsigned requests: its guard alone refuses. Anyone may write to the
    bucket."""
    home = tmp_path_factory.mktemp("guarded")
    with emulator_with(home, DEVENV_ALLOW_UNSIGNED="1") as instance:
        instance.s3().create_bucket(Bucket=MARK)
        yield instance


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1"])
def test_a_page_of_another_site_reaches_nothing(
    guarded: Emulator, tmp_path: Path, host: str
) -> None:
    before = guarded.log
    with attackers_site() as site:
        site.emulator = str(guarded.settings.endpoint_url)
        visit(tmp_path, host, site)
    refused = [line for line in guarded.log[len(before) :].splitlines() if "Refused" in line]
    for attempt in (*ATTEMPTS, f"/{MARK}/fetched:"):
        assert any(attempt in line for line in refused), (attempt, refused)
    assert site.reports == ["/done"]
    assert queues(guarded) == []
    assert "Contents" not in guarded.s3().list_objects_v2(Bucket=MARK)


def test_a_page_that_a_setting_lets_in_reaches_it(tmp_path: Path) -> None:
    """The same page, let in: so the test above tests what it says."""
    with attackers_site() as site:
        origin = f"http://evil.test:{site.port}"
        variables = {"DEVENV_ALLOW_UNSIGNED": "1", "DEVENV_ALLOWED_ORIGINS": origin}
        with emulator_with(tmp_path, **variables) as instance:
            instance.s3().create_bucket(Bucket=MARK)
            site.emulator = str(instance.settings.endpoint_url)
            visit(tmp_path, "evil.test", site)
            assert {url.rpartition("-")[2] for url in queues(instance)} >= {"fetch", "cors"}


@pytest.mark.parametrize(("host", "answered"), [("rebound.test", False), ("localhost", True)])
def test_a_name_that_resolves_to_this_machine_opens_nothing(
    guarded: Emulator, tmp_path: Path, host: str, answered: bool
) -> None:
    """The page's origin is the emulator's own then, so that only the Host tells."""
    address = str(guarded.settings.endpoint_url).replace("127.0.0.1", host)
    with chromium(tmp_path, "--dump-dom", f"{address}/_devenv/plugins") as browser:
        shown = browser.communicate(timeout=60)[0].decode()
    assert ("kinesis:devenv" in shown) is answered
    assert ("DEVENV_ALLOWED_HOSTS" in shown) is not answered
