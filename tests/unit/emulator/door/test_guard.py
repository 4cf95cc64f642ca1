"""Which hosts, origins and browsers' requests the guard lets through."""

import pytest

from devenv.emulator.door.guard import Asked, Guard, host_name, normalized_origin

HOST = "127.0.0.1:4566"
OWN_ORIGIN = f"http://{HOST}"


def asked(host: str = HOST, **headers: str) -> Asked:
    return Asked(scheme="http", hosts=(host,), server_address="172.18.0.2", **headers)


@pytest.fixture
def guard() -> Guard:
    return Guard(["localstack"], ["emulator.example", "*.team.example"], ["http://localhost:3000"])


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:4566", "127.0.0.1", "127.8.9.10:80", "[::1]:4566", "localhost", "LOCALHOST:1"),
        *("localhost.", "bucket.s3.localhost:4566", "x.lambda-url.us-east-1.localhost:4566"),
        *("localstack:4566", "bucket.localstack:4566", "emulator.example", "a.emulator.example"),
        *("team.example", "a.b.team.example:1", "172.18.0.2:4566"),
    ],
)
def test_the_emulators_own_names_are_known(guard: Guard, host: str) -> None:
    assert guard.judge(asked(host)).refusal is None


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:4566", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("xlocalhost", "mylocalstack", "0.0.0.0:4566", "169.254.169.254", "172.18.0.3:4566"),
        *("", "[::", "a b", "user@localhost", "localhost/x", "localhost:x", "[::2]:4566"),
        *("xteam.example", "localhost.localstack.cloud", "s3.amazonaws.com"),
    ],
)
def test_any_other_host_is_refused_with_the_setting_that_adds_it(guard: Guard, host: str) -> None:
    refusal = guard.judge(asked(host)).refusal
    assert refusal is not None
    assert "DEVENV_ALLOWED_HOSTS" in refusal


def test_one_host_is_named(guard: Guard) -> None:
    for hosts in ((), (HOST, "evil.example"), (HOST, HOST)):
        verdict = guard.judge(Asked("http", hosts, "127.0.0.1"))
        assert verdict.refusal == f"The request has {len(hosts)} Host headers; send one."


def test_a_program_sends_none_of_a_browsers_headers(guard: Guard) -> None:
    assert guard.judge(asked()).refusal is None


@pytest.mark.parametrize("site", ["none", "same-origin", "None"])
def test_a_page_of_the_emulators_own_may_ask(guard: Guard, site: str) -> None:
    for headers in (
        {"fetch_site": site},
        {"fetch_site": site, "origin": OWN_ORIGIN},
        {"fetch_site": site, "referer": f"{OWN_ORIGIN}/page?x=1"},
        {"origin": OWN_ORIGIN},
    ):
        assert guard.judge(asked(**headers)).refusal is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "something-new"])
def test_a_request_on_another_sites_behalf_is_refused(guard: Guard, site: str) -> None:
    """An image without a referrer has this header alone."""
    assert guard.judge(asked(fetch_site=site)).refusal is not None


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "https://evil.example",
            "null",
            "",
            "file://",
            "http://127.0.0.1:4567",
            "https://" + HOST,
        ),
        *("http://localhost:4566", "http://localhost:3001", "https://localhost:3000"),
        *("http://app.localstack.cloud", "https://app.localstack.cloud"),
        *("http://x.s3-website.localhost:4566", "http://x.cloudfront.localhost:4566"),
        *("chrome-extension://abc", "http://127.0.0.1:4566.evil.example", "http://[::"),
    ],
)
def test_a_foreign_origin_is_refused_and_named(guard: Guard, origin: str) -> None:
    for headers in (
        {"origin": origin},
        {"origin": origin, "fetch_site": "cross-site"},
        {"referer": origin},
    ):
        verdict = guard.judge(asked(**headers))
        assert verdict.refusal is not None
        assert "DEVENV_ALLOWED_ORIGINS" in verdict.refusal
        assert verdict.foreign_origin == origin


def test_a_same_site_claim_does_not_excuse_an_origin(guard: Guard) -> None:
    headers = {"origin": "https://evil.example", "fetch_site": "same-origin"}
    assert guard.judge(asked(**headers)).refusal is not None


def test_an_origin_that_a_setting_names_may_ask_from_another_site(guard: Guard) -> None:
    for headers in (
        {"origin": "http://localhost:3000", "fetch_site": "same-site"},
        {"referer": "http://localhost:3000/page", "fetch_site": "cross-site"},
    ):
        assert guard.judge(asked(**headers)).refusal is None


def test_the_settings_are_lists() -> None:
    environ = {
        "DEVENV_ALLOWED_HOSTS": "a.example, host.docker.internal",
        "DEVENV_ALLOWED_ORIGINS": " http://a.example:1 ,,https://b.example",
    }
    guard = Guard.from_environment(environ, "127.0.0.1")
    assert guard.judge(asked("host.docker.internal:4566")).refusal is None
    assert guard.judge(asked(origin="https://b.example:443")).refusal is None
    assert guard.judge(asked(origin="https://c.example")).refusal is not None


def test_the_wrong_port_is_another_origin_and_the_usual_one_isnt_written() -> None:
    guard = Guard()
    assert guard.judge(asked("localhost", origin="http://localhost:80")).refusal is None
    assert guard.judge(asked("localhost", origin="http://localhost:81")).refusal is not None


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.b:1", "a.b"), ("[::1]:1", "::1"), ("x.", "x"), ("x:99999999", ""), ("x?y", ""), ("#", "")],
)
def test_a_host_header_is_taken_apart(host: str, name: str) -> None:
    assert host_name(host) == name


def test_an_origin_has_scheme_host_and_port() -> None:
    assert normalized_origin("HTTPS://A.example/x?y") == "https://a.example:443"
    assert normalized_origin("null") is None
    assert normalized_origin("ftp://a") is None
