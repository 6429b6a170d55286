"""Running the endpoint: what is counted and logged, how it stops, and what an installation may set."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from certengine.errors import Refused, UsageError
from certengine.web.limits import Limits
from certengine.web.observing import JsonLines
from certengine.web.server import listen, write_line
from certengine.web.settings import Settings, settings_from
from tests.services.small_world import World
from tests.web.register import ABSENT, ROOMY, VALID, Client, Register
from tests.web.serving import served

pytestmark = pytest.mark.slow

PATIENCE = 120
SECRETS = (VALID.code, ABSENT.code, "192.0.2.1", "欧阳", "OUYANG", "SECRET-QUERY", "SECRET-AGENT")


def busy_client(register: Register | None = None) -> Client:
    """A client that has asked for a bit of everything."""
    client = Client(register, limits=ROOMY)
    for path in (
        f"/c/{VALID.code}",
        f"/C/{VALID.code}?lang=SECRET-QUERY",
        f"/c/{ABSENT.code}.json",
        "/",
        f"/{VALID.code}",
    ):
        client.get(path, user_agent="SECRET-AGENT")
    client.post(data={"text": VALID.code})
    client.get("/", host="evil.example")
    client.request("BREW", f"/c/{VALID.code}")
    return client


def test_metrics_count() -> None:
    """Requests by route, method and status, answers by state, and their time in buckets that add up."""
    text = busy_client().get("/metrics").text
    for line in (
        'certengine_requests_total{route="/c/{code}",method="GET",status="200"} 2',
        'certengine_requests_total{route="/c/{code}.json",method="GET",status="404"} 1',
        'certengine_requests_total{route="none",method="GET",status="404"} 1',
        'certengine_requests_total{route="none",method="GET",status="421"} 1',
        'certengine_requests_total{route="/verify",method="POST",status="303"} 1',
        'certengine_requests_total{route="/c/{code}",method="other",status="405"} 1',
        'certengine_verdicts_total{state="valid"} 2',
        'certengine_verdicts_total{state="unknown"} 1',
        'certengine_request_seconds_bucket{route="/c/{code}",le="+Inf"} 3',
        'certengine_request_seconds_bucket{route="/c/{code}",le="30"} 3',
        'certengine_request_seconds_count{route="/c/{code}"} 3',
    ):
        assert line in text.splitlines()


def test_metrics_are_prometheus_text() -> None:
    """Every line is a comment or a sample, each family is announced once, and a bucket holds those below it."""
    answer = busy_client().get("/metrics")
    sample = re.compile(r'[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [0-9.e+-]+')
    lines = answer.text.splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    buckets = [int(line.split()[-1]) for line in lines if 'seconds_bucket{route="/"' in line]

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert [line for line in lines if not line.startswith("# ") and not sample.fullmatch(line)] == []
    assert len(families) == len(set(families)) == 5
    assert buckets == sorted(buckets)


def test_refusals_are_counted() -> None:
    """Look-ups that were too many are counted by whose bound it was."""
    client = Client(limits=Limits(lookups=2, per_minute=1, overall=3, overall_per_minute=1), clock=lambda: 0.0)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1"):
        client.address = address
        client.get(f"/c/{VALID.code}")
    text = client.get("/metrics").text

    assert 'certengine_rate_limited_total{bound="client"} 1' in text
    assert 'certengine_rate_limited_total{bound="overall"} 2' in text


def test_metrics_and_lines_hold_no_person(caplog: pytest.LogCaptureFixture) -> None:
    """No code, name, address, query or header is counted or logged, whether requests succeed or fail."""
    for register in (Register(), Register(faults={"code", "token", "pdf"})):
        with caplog.at_level(logging.DEBUG, logger="certengine"):
            client = busy_client(register)
        told = client.get("/metrics").text + "".join(client.lines) + caplog.text
        assert [secret for secret in SECRETS if secret in told] == []


def test_lines_of_the_request_log() -> None:
    """A line has the instant, the route, the method, the status and the milliseconds, and nothing else."""
    logged = busy_client().logged()

    assert {frozenset(line) for line in logged} == {frozenset({"at", "event", "route", "method", "status", "ms"})}
    assert [(line["route"], line["status"]) for line in logged[:3]] == [
        ("/c/{code}", 200),
        ("/c/{code}", 200),
        ("/c/{code}.json", 404),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["at"]) for line in logged)
    assert all(0 < line["ms"] < 60_000 for line in logged)


def test_failures_are_told_by_their_class() -> None:
    """A message of the server is one line of JSON; of a failure it has the class and no traceback."""
    try:
        raise ValueError("欧阳晓红")
    except ValueError:
        failure = sys.exc_info()
    lines = [
        json.loads(JsonLines().format(logging.LogRecord("x", logging.ERROR, "", 1, "it %s", ("broke",), info)))
        for info in (failure, None, (None, None, None))
    ]

    assert [(line["message"], line["level"], line.get("failure")) for line in lines] == [
        ("it broke", "error", "ValueError"),
        ("it broke", "error", None),
        ("it broke", "error", None),
    ]


def test_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Where journals and containers look for them."""
    write_line("{}")

    assert capsys.readouterr() == ("", "{}\n")


def test_running_requests_are_finished(tmp_path: Path) -> None:
    """A server that is told to stop answers what it has begun, and takes nothing new."""
    begun = tmp_path / "begun"
    with served() as (address, stop):
        got: list[httpx.Response] = []

        def upload() -> None:
            files = {"file": ("c.pdf", b"%PDF- " + bytes(begun), "application/pdf")}
            headers = {"accept": "application/json"}
            got.append(httpx.post(f"{address}/verify", files=files, headers=headers, timeout=PATIENCE))

        asking, stopping = threading.Thread(target=upload), threading.Thread(target=stop)
        asking.start()
        _until(begun.exists)
        stopping.start()
        _until(lambda: _is_closed(address))
        begun.rmdir()
        asking.join()
        stopping.join()

    assert got[0].status_code == 200


def _is_closed(address: str) -> bool:
    try:
        httpx.get(f"{address}/healthz", timeout=PATIENCE)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:  # taken, and not answered any more
        return False
    return False


def _until(condition: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it never was so"
        time.sleep(0.02)


def test_json_log_of_a_running_server(capfd: pytest.CaptureFixture[str]) -> None:
    """With the request log on, everything on stderr is lines of JSON, the server's own messages too."""
    settings = Settings(limits=ROOMY, request_log=True)
    with served(Register(faults={"code"}), settings=settings, write_line=write_line) as (address, _):
        httpx.get(f"{address}/c/{VALID.code}", timeout=PATIENCE)
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as odd:
            odd.sendall(b"NONSENSE\r\n\r\n")
            odd.recv(1000)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logging.getLogger("certengine").handlers.clear()
    logging.getLogger("certengine").propagate = True

    assert {line["event"] for line in lines} == {"message", "request"}
    assert "a request could not be answered: OSError" in {line.get("message") for line in lines}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings()),
        (
            {"CERTENGINE_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1", "CERTENGINE_HOSTS": "a.example,b.example,"},
            Settings(proxies=("127.0.0.1", "10.0.0.0/8", "::1"), hosts=("a.example", "b.example")),
        ),
        (
            {
                "CERTENGINE_REQUEST_LOG": "1",
                "CERTENGINE_LOOKUPS_PER_MINUTE": "600",
                "CERTENGINE_OVERALL_PER_MINUTE": "3000",
            },
            Settings(
                request_log=True, limits=Limits(lookups=600, per_minute=600, overall=200, overall_per_minute=3000)
            ),
        ),
    ],
)
def test_settings(environment: dict[str, str], expected: Settings) -> None:
    """What an installation may decide, with defaults for what it does not."""
    assert expected == settings_from(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CERTENGINE_TRUSTED_PROXIES", "*"),
        ("CERTENGINE_TRUSTED_PROXIES", "proxy.internal"),
        ("CERTENGINE_REQUEST_LOG", "yes"),
        ("CERTENGINE_LOOKUPS_PER_MINUTE", "0"),
        ("CERTENGINE_LOOKUPS_PER_MINUTE", "-5"),
        ("CERTENGINE_OVERALL_PER_MINUTE", "many"),
        ("CERTENGINE_OVERALL_PER_MINUTE", "1000000000"),
    ],
)
def test_settings_that_are_none(name: str, value: str) -> None:
    """A wrong setting stops the start and is named; nobody can be trusted by a wildcard."""
    with pytest.raises(UsageError, match=name):
        settings_from({name: value})


def test_addresses() -> None:
    """A free port is taken in both families; a taken one is refused with its reason."""
    with listen("127.0.0.1", 0) as one, listen("::1", 0) as other:
        one.listen()
        assert other.family == socket.AF_INET6
        # Without it asyncio leaves Nagle's algorithm on, and an answer takes 40 ms.
        assert (one.proto, other.proto) == (socket.IPPROTO_TCP,) * 2
        with pytest.raises(Refused, match="in use"):
            listen("127.0.0.1", one.getsockname()[1])


RUN = """
import sys
from pathlib import Path
from certengine.web.server import run_endpoint
run_endpoint(Path(sys.argv[1]), db=None, host=sys.argv[2], port=0, announce=lambda url: print(url, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("host", "log"), [("127.0.0.1", "1"), ("::1", "0")])
def test_a_workspace_is_served(tmp_path_factory: Any, tmp_path: Path, host: str, log: str) -> None:
    """A real workspace: ready, its keys published, a rotated key seen at once, a code looked up, and a clean stop."""
    root = World(tmp_path_factory.mktemp("world")).copy("live", tmp_path / "academy")
    environment = {**os.environ, "CERTENGINE_REQUEST_LOG": log}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(root), host],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            assert _get(f"{address}readyz").text == "ready\n"
            before = _get(f"{address}.well-known/jwks.json")
            assert _get(f"{address}c/{VALID.code}.json").json()["state"] == "unknown"
            keyring = root / "keys" / "keyring.json"
            aside = keyring.rename(keyring.with_suffix(".aside"))
            assert _get(f"{address}readyz").status_code == 503
            aside.rename(keyring)
            assert _get(f"{address}.well-known/jwks.json").headers["etag"] == before.headers["etag"]
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)

    lines = [line for line in errors.splitlines() if line.startswith("{")]
    assert (len(lines) >= 5, VALID.code in errors) == (log == "1", False)


def _get(address: str) -> httpx.Response:
    # It listens when it tells its address.
    return httpx.get(address, timeout=PATIENCE)
