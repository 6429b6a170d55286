"""What the verification endpoint holds out, on this machine and over the loopback address only.

    python -m benchmarks.endpoint [CERTIFICATES] [--minutes MINUTES]

A register of 100,000 certificates is made in a temporary folder, and the real command serves it with two workers.
Measured, each answer looked at, in the order of the lines printed:

- ``offline tokens``: texts of QR codes judged against a signed bundle by one process (signature, key, list, dates); the
  best ten in a row.
- ``verify command``: the same of one text by the command, from its start to its answer, with no workspace.
- ``constant page``: the first page, which is the same for everybody: what the server does without any look-up.
- ``look-up, JSON`` and ``look-up, page``: certificates drawn at random, each found by the digest of its code, its token's
  signature checked, its standing and its dates told. The ratio is to the constant page, measured just before.
- ``good during flood``: look-ups of many visitors while another process sends rubbish as fast as it can: codes that are
  none, forms that are none, addresses that are none, heads that are none.
- ``memory``: what the workers hold in memory while look-ups go on for so many minutes. It rises until each has as much
  of the register at hand as it may keep, and then no more.

Everything is bounded: requests are counted beforehand. Look-ups and the constant page take turns, and the best turn of
each is told, because others may use the machine; so is the least processor time that the server spent on one answer in
any turn, and beside it what asking took.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.large_register import Made, make_register, passphrase
from benchmarks.load_generator import Ask, Load, get, in_turn, post, run_load
from certengine.credentials.bundle import make_bundle
from certengine.credentials.qr import qr_address
from certengine.credentials.status_list import Purpose, list_name, make_status_list
from certengine.services.context import open_context
from certengine.services.keys import open_signers
from certengine.services.verification import source_from_bundle, verify_text

WORKERS = 2
CONNECTIONS = 32
TURNS, LOOK_UPS = 10, 2000
#: Look-ups a second while memory is watched: it is their number that fills it, and others may use the machine.
PACE = 300


@dataclass(frozen=True, slots=True)
class Server:
    """A running endpoint: its port and its processes."""

    port: int
    processes: tuple[int, ...]

    def processor_seconds(self) -> float:
        """What its workers have used."""
        threads = (thread for one in self.processes for thread in Path(f"/proc/{one}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def megabytes(self) -> float:
        """What its workers hold in memory."""
        pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in self.processes)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def served(root: Path) -> Iterator[Server]:
    """The endpoint over a workspace, by the real command; this machine tells who the visitor is."""
    environment = {
        **os.environ,
        "CERTENGINE_TRUSTED_PROXIES": "127.0.0.1",
        "CERTENGINE_LOOKUPS_PER_MINUTE": "60",
        "CERTENGINE_OVERALL_PER_MINUTE": "100000000",
    }
    command = [sys.executable, "-m", "certengine_cli", "serve", "--port", "0", "--workers", str(WORKERS)]
    with subprocess.Popen(  # noqa: S603  # our own command
        [*command, "--workspace", str(root)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            port = int(process.stderr.readline().strip().rstrip("/").rpartition(":")[2])
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            run_load(port, in_turn([get("/healthz")], int), count=200, connections=CONNECTIONS)
            yield Server(port, tuple(int(one) for one in children.read_text().split()))
        finally:
            process.terminate()
            process.wait()


def visitor(number: int) -> str:
    """An address of the network of one of 60,000 visitors."""
    return f"10.{number // 240 % 250}.{number % 240}.7"


def look_up(made: Made, number: int, *, json: bool) -> Ask:
    """A look-up by its own visitor; the answer must have the certificate's state."""
    holds = b'"state":"' if json else b'data-state="'
    suffix = ".json" if json else ""
    return get(f"/c/{made.code}{suffix}", holds=holds + made.state.encode() + b'"', visitor=visitor(number))


def rubbish(chance: random.Random) -> Iterator[Ask]:
    """Bad requests of one network, for ever: each is answered, and none with a verdict."""
    while True:
        code = "".join(chance.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ~%") for _ in range(chance.choice((5, 26, 300))))
        yield get(f"/c/{code}.json", status=0, visitor="203.0.113.9")
        yield get(f"/{code}", status=0, visitor="203.0.113.9")
        yield post("/verify", b"text=" + code.encode(), status=0, visitor="203.0.113.9")
        yield post("/verify", b"--x--", kind="multipart/form-data; boundary=x", status=0, visitor="203.0.113.9")


def show(name: str, load: Load, server_seconds: float, wrong: int, note: str = "") -> None:
    """A line of the result."""
    each, asking = (seconds / len(load.waits) * 1e6 for seconds in (server_seconds, load.spent))
    sys.stdout.write(
        f"{name:18} {load.rate:7.0f}/s   p50 {load.milliseconds(50):6.1f} ms   p99 {load.milliseconds(99):6.1f} ms   "
        f"server {each:4.0f} us each, load {asking:3.0f}   wrong {wrong}   {note}\n"
    )
    sys.stdout.flush()


def measured(server: Server, asks: list[Ask], count: int) -> tuple[Load, float]:
    """A load and the processor time that the server used for it."""
    before = server.processor_seconds()
    load = run_load(server.port, in_turn(asks, int), count=count, connections=CONNECTIONS)
    return load, server.processor_seconds() - before


def look_ups(server: Server, made: list[Made]) -> None:
    """The constant page, and look-ups as JSON and as pages, in turns."""
    chance = random.Random(7)  # noqa: S311  # no secret: the same every time
    turns: dict[str, list[tuple[Load, float]]] = {"constant page": [], "look-up, JSON": [], "look-up, page": []}
    for turn in range(TURNS):
        chosen = list(enumerate(chance.sample(made, min(LOOK_UPS, len(made))), turn * LOOK_UPS))
        asks = {
            "constant page": [get("/", holds=b"<form")],
            "look-up, JSON": [look_up(one, number, json=True) for number, one in chosen],
            "look-up, page": [look_up(one, number, json=False) for number, one in chosen],
        }
        for name, found in turns.items():
            found.append(measured(server, asks[name], LOOK_UPS))
    plain = max((load for load, _ in turns["constant page"]), key=lambda load: load.rate)
    least = min(spent for _, spent in turns["constant page"])
    for name, found in turns.items():
        load = max((load for load, _ in found), key=lambda load: load.rate)
        spent = min(spent for _, spent in found)
        ratio = f"{load.rate / plain.rate:.2f} of the constant page; {least / spent:.2f} by processor time"
        show(name, load, spent, sum(one.wrong for one, _ in found), "" if load is plain else ratio)


def flood(server: Server, made: list[Made]) -> None:
    """Look-ups beside another process that sends rubbish."""
    process = os.fork()
    if not process:
        chance = random.Random(11)  # noqa: S311
        while True:
            run_load(server.port, rubbish(chance), count=20_000, connections=CONNECTIONS)
    try:
        time.sleep(0.5)
        asks = [look_up(one, 7000 + number, json=True) for number, one in enumerate(made[:4000])]
        before = server.processor_seconds()
        # Eight visitors at a time, as an office has; the flood keeps its 32 connections busy beside them.
        load = run_load(server.port, in_turn(asks, int), count=len(asks), connections=8)
        show("good during flood", load, server.processor_seconds() - before, load.wrong)
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)


def memory(server: Server, made: list[Made], minutes: float) -> None:
    """What the workers hold while look-ups go on."""
    asks = [look_up(one, number, json=number % 2 == 0) for number, one in enumerate(made)]
    order = random.Random(13)  # noqa: S311
    begun, held = time.perf_counter(), []
    done = 0
    while time.perf_counter() - begun < minutes * 60:
        load = run_load(server.port, in_turn(asks, lambda _: order.randrange(len(asks))), count=PACE, connections=8)
        done += len(load.waits)
        held.append(server.megabytes())
        time.sleep(max(0.0, begun + done / PACE - time.perf_counter()))
    quarters = ", ".join(f"{held[(len(held) - 1) * quarter // 4]:.0f}" for quarter in range(5))
    sys.stdout.write(
        f"memory             {quarters} MB at the beginning and after each quarter of {minutes:g} minutes, "
        f"at most {max(held):.0f} MB; {done} look-ups\n"
    )


def offline_tokens(root: Path, made: list[Made]) -> None:
    """Texts of QR codes against a bundle, in this process."""
    context = open_context(root)
    signers = open_signers(context, passphrase)
    at = context.clock()
    lists = []
    purposes: tuple[tuple[Purpose, str], ...] = (("revocation", "revoked"), ("suspension", "suspended"))
    for purpose, state in purposes:
        data = make_status_list(
            domain=signers.keyring.issuer.domain,
            name=list_name(purpose, 0),
            indices=[index for index, one in enumerate(made) if one.state == state],
            valid_from=at,
            valid_until=at + timedelta(days=30),
            verification_method=signers.method,
            sign=signers.sign,
        )
        lists.append(data)
    bundle = make_bundle(
        signers.keyring,
        tuple(lists),
        made_at=at,
        valid_until=at + timedelta(days=30),
        verification_method=signers.method,
        sign=signers.sign,
    )
    context.database.close()
    file = root / "bundle.json"
    file.write_bytes(bundle)
    source = source_from_bundle(file, at=at)
    texts = [qr_address(signers.keyring.issuer.domain, one.code, one.token) for one in made[:4000]]
    best, wrong = float("inf"), 0
    for turn in range(0, len(texts), 10):
        begun = time.perf_counter()
        states = [verify_text(text, source, at=at).state.value for text in texts[turn : turn + 10]]
        best = min(best, (time.perf_counter() - begun) / len(states))
        wrong += sum(state != one.state for state, one in zip(states, made[turn:], strict=False))
    sys.stdout.write(f"{'offline tokens':18} {1 / best:7.0f}/s   {best * 1e6:.0f} us each   wrong {wrong}\n")


def command(root: Path, made: list[Made]) -> None:
    """The command on the text of a QR code; the best of some runs."""
    text = qr_address("verify.example.org", made[4].code, made[4].token)
    words = [sys.executable, "-m", "certengine_cli", "verify", text, "--offline", "--bundle", str(root / "bundle.json")]
    found = []
    for _ in range(10):
        begun, used = time.perf_counter(), os.times()
        done = subprocess.run(words, cwd=root.parent, capture_output=True, check=False)  # noqa: S603  # our own command
        after = os.times()
        spent = after.children_user + after.children_system - used.children_user - used.children_system
        found.append((time.perf_counter() - begun, spent, done.returncode))
    seconds, spent, code = min(found)
    sys.stdout.write(
        f"{'verify command':18} {seconds:7.2f} s from start to answer, {spent:.2f} s of the processor, exit code {code}\n"
    )


def main() -> None:
    """Make the register, serve it, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("certificates", nargs="?", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long memory is watched")
    parser.add_argument("--only-memory", action="store_true", help="leave out what needs the machine for itself")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "academy"
        begun = time.perf_counter()
        made = make_register(root, given.certificates)
        size = (root / "certengine.db").stat().st_size / 1e6
        sys.stdout.write(f"{len(made)} certificates, {size:.0f} MB, made in {time.perf_counter() - begun:.0f} s\n")
        if not given.only_memory:
            offline_tokens(root, made)
            command(root, made)
        with served(root) as server:
            if not given.only_memory:
                look_ups(server, made)
                flood(server, made)
            memory(server, made, given.minutes)


if __name__ == "__main__":
    main()
