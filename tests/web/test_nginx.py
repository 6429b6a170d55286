"""The nginx examples run for real: what they answer, whom they let in, and what they keep to themselves."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from certengine.credentials.codes import printed
from certengine.services.site import export_site
from certengine.services.standing import list_certificates
from certengine.web.settings import Settings
from tests.services.small_world import NOW, World, acting, passphrase
from tests.web.register import ROOMY, VALID
from tests.web.serving import served

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "deploy"
HEAD = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
include /etc/nginx/mime.types;
default_type application/octet-stream;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
"""

PATIENCE = 120
#: How often other ports are tried.
ATTEMPTS = 5

Ask = Callable[..., httpx.Response]


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def connected(client: str) -> httpx.Client:
    """What somebody at a loopback address asks with."""
    transport = httpx.HTTPTransport(verify=False, local_address=client)  # a certificate of today
    return httpx.Client(transport=transport, timeout=PATIENCE)


def _user() -> str:
    """Workers that may read a test's folders, as those of a server may read what it serves."""
    return "user root;\n" if os.geteuid() == 0 else ""


@contextmanager
def nginx(folder: Path, example: str, name: str, *changes: tuple[str, str]) -> Iterator[Ask]:
    """An example as it stands but for its ports, its certificate, its folders and ``changes``; gives how to ask it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
    assert program is not None, "install Debian's package `nginx`"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    made = ["-out", str(folder / "cert.pem"), "-keyout", str(folder / "key.pem"), "-days", "2", "-nodes"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run([*new, *made, *subject], check=True, capture_output=True)
    text = (EXAMPLES / example).read_text("utf-8")
    for old, put in (
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl;\n", ""),
        (f"/etc/ssl/{name}/fullchain.pem", f"{folder}/cert.pem"),
        (f"/etc/ssl/{name}/privkey.pem", f"{folder}/key.pem"),
        ("/var/log/nginx/", f"{folder}/"),
        *changes,
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, put)
    command = [program, "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    for _ in range(ATTEMPTS):
        plain, encrypted = free_ports()
        listening = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
        listening = listening.replace("listen 443 ssl;", f"listen 127.0.0.1:{encrypted} ssl;")
        (folder / "nginx.conf").write_text(_user() + HEAD.format(folder=folder) + listening + "}\n", "utf-8")
        with subprocess.Popen(command) as process:
            if not _listens(process, folder / "nginx.pid"):
                continue
            try:
                yield _asking(name, plain, encrypted)
            finally:
                process.terminate()
                process.wait(PATIENCE)
            return
    raise AssertionError("nginx does not start; it says why above")


def _listens(process: subprocess.Popen[bytes], pid: Path) -> bool:
    """Whether it listens, which it does when it writes its number down; it ends when somebody else took a port meanwhile."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if pid.exists():
            return True
        time.sleep(0.05)
    process.kill()
    return False


def _asking(name: str, plain: int, encrypted: int) -> Ask:
    def ask(
        path: str,
        *,
        method: str = "GET",
        client: str = "127.0.0.1",
        over: httpx.Client | None = None,
        tls: bool = True,
        **given: object,
    ) -> httpx.Response:
        """Ask as somebody at a loopback address, under the example's own name."""
        with connected(client) if over is None else nullcontext(over) as one:
            address = f"https://127.0.0.1:{encrypted}" if tls else f"http://127.0.0.1:{plain}"
            headers = {"host": name, **given.pop("headers", {})}  # type: ignore[dict-item]  # a mapping
            return one.request(method, address + path, headers=headers, **given)  # type: ignore[arg-type]  # httpx's own

    return ask


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ask, str]]:
    """The mirror's example over a site that was exported, and the code of a certificate of it."""
    root = World(tmp_path_factory.mktemp("world")).copy("issued", tmp_path_factory.mktemp("academy") / "academy")
    site = tmp_path_factory.mktemp("site") / "site"
    with acting(root) as context:
        code = list_certificates(context)[0].credential.code
        export_site(replace(context, clock=lambda: NOW), site, passphrase)
    folder = tmp_path_factory.mktemp("nginx")
    with nginx(folder, "mirror-nginx.conf", "mirror.example.org", ("/srv/certengine/site", str(site))) as ask:
        yield ask, code


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The endpoint's example before a running endpoint that believes it."""
    with served(settings=Settings(limits=ROOMY, proxies=("127.0.0.1",))) as (address, _):
        folder = tmp_path_factory.mktemp("nginx")
        behind = ("server 127.0.0.1:8000;", f"server {address.removeprefix('http://')};")
        with nginx(folder, "nginx.conf", "verify.example.org", behind) as ask:
            yield ask


def test_mirror_answers_however_a_code_is_written(mirror: tuple[Ask, str]) -> None:
    """The address of the QR code, a small letter in it, and the printed code with and without dashes lead to its page."""
    ask, code = mirror
    typed = printed(code)
    pages = [
        ask(f"/{path}")
        for path in (f"C/{code}", f"c/{code}", f"C/{code}/", f"c/{typed}", f"C/{typed.replace('-', '')}")
    ]

    assert [page.status_code for page in pages] == [200] * 5
    assert len({page.content for page in pages}) == 1
    assert 'data-state="valid"' in pages[0].text
    assert pages[0].headers["cache-control"] == "no-store"
    assert pages[0].headers["referrer-policy"] == "no-referrer"
    assert ask(f"/C/{code}.json").json()["state"] == "valid"


def test_mirror_lists_no_folder(mirror: tuple[Ask, str]) -> None:
    """A folder of codes shows none of them, one that has no page is no page, nor is a code that nobody has."""
    ask, code = mirror
    folders = [ask(path) for path in ("/C/", "/C")]
    missing = [ask(path) for path in ("/status/", "/log/", "/C/" + "0" * 26, "/nothing")]
    told = "".join(answer.text for answer in (*folders, *missing))

    assert [answer.status_code for answer in missing] == [404] * 4
    assert len({answer.content for answer in missing}) == 1
    assert len({answer.content for answer in folders}) == 1
    assert [secret for secret in (code, printed(code), "data-state", "Index of") if secret in told] == []
    assert ask("/%2e%2e/%2e%2e/etc/passwd").status_code == 400


def test_mirror_names_what_it_serves(mirror: tuple[Ask, str]) -> None:
    """Lists have their type and are open to every page; pages are HTML; who comes unencrypted is sent to our own name."""
    ask, code = mirror
    listed = ask("/status/revocation-1")

    assert (listed.status_code, listed.headers["content-type"]) == (200, "application/vc")
    assert listed.headers["access-control-allow-origin"] == "*"
    assert ask(f"/C/{code}").headers["content-type"].startswith("text/html")
    assert ask("/").status_code == 200
    moved = ask("/x", tls=False, headers={"host": "evil.example"})
    assert (moved.status_code, moved.headers["location"]) == (301, "https://mirror.example.org/x")


def test_front_hands_on_what_the_endpoint_answers(front: Ask) -> None:
    """A look-up, a posted code and a missing page come through with the endpoint's own headers, over HTTPS to be kept so."""
    found = front(f"/c/{VALID.code}.json")

    assert (found.status_code, found.json()["state"], found.headers["cache-control"]) == (200, "valid", "no-store")
    assert found.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'none'" in front("/").headers["content-security-policy"]
    sent = front("/verify", method="POST", data={"text": VALID.code})
    assert (sent.status_code, re.sub(r"\?.*", "", sent.headers["location"])) == (303, f"/c/{VALID.code}")
    assert front("/nothing").status_code == 404
    assert front("/", tls=False, headers={"host": "evil.example"}).headers["location"] == "https://verify.example.org/"


def test_front_keeps_its_figures_to_itself(front: Ask) -> None:
    """Metrics and readiness are for this machine's own address, and for no other."""
    for path in ("/metrics", "/readyz"):
        assert front(path).status_code == 200
        assert front(path, client="127.0.0.2").status_code == 403
    assert front("/healthz", client="127.0.0.2").status_code == 200


def test_front_tells_who_floods(front: Ask) -> None:
    """One visitor's flood is told to wait before it reaches the endpoint, and another visitor is answered."""
    with connected("127.0.0.3") as one:
        answers = [200]
        # However slowly this machine floods.
        while answers[-1] == 200 and len(answers) < 10_000:
            answers.append(front("/healthz", over=one).status_code)

    assert answers[:61] == [200] * 61
    assert answers[-1] == 429
    assert front("/healthz", client="127.0.0.4").status_code == 200


def test_front_bounds_what_is_sent(front: Ask) -> None:
    """A file over the bound is refused, and one within it is read."""
    kind = {"content-type": "application/pdf"}

    assert front("/verify", method="POST", content=b"%PDF-" + b"0" * 11_000_000, headers=kind).status_code == 413
    assert front("/verify", method="POST", content=b"%PDF-" + b"0" * 9_000_000, headers=kind).status_code < 500
