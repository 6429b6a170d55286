"""Reading files of strangers: in processes that may die, hang or lie, and nobody else notices."""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import digest_of_bytes
from certengine.credentials.qr import qr_text
from certengine.credentials.strict_json import Unreadable
from certengine.documents.qr import qr_png
from certengine.model.credential import PdfEvidence, StampState, TimeStamp
from certengine.model.text import Text
from certengine.web.foreign import Finding, finding_bytes, is_foreign, load, read_finding, read_foreign
from certengine.web.readers import Busy, Failed, Readers, TooSlow
from certengine.web.reading_process import receive, send, serve
from tests.credentials.credential_world import CRED, CREDENTIAL, NOW, pdf_evidence
from tests.web.register import PDF, READER, ROOMY, Client

pytestmark = pytest.mark.slow

ROOTS: tuple[str, ...] = ()
JSON = {"accept": "application/json"}
ONE = replace(ROOMY, pdf_workers=1)


@pytest.fixture
def readers(request: pytest.FixtureRequest) -> Any:
    """One reading process of the misbehaving module."""
    made = Readers(getattr(request, "param", ONE), READER)
    made.start()
    yield made
    made.close()


@contextmanager
def hurried(readers: Readers) -> Iterator[None]:
    """For a while a file gets half a second."""
    pid_of(readers)  # it runs by now
    before = readers._limits
    readers._limits = replace(before, pdf_seconds=0.5)
    try:
        yield
    finally:
        readers._limits = before


@contextmanager
def reading(readers: Readers, folder: Path) -> Iterator[None]:
    """Meanwhile a file is being read."""
    begun = folder / "begun"
    slow = threading.Thread(target=lambda: readers.read(b"%PDF- " + bytes(begun), ROOTS, NOW))
    slow.start()
    while not begun.exists():
        assert slow.is_alive()
        time.sleep(0.01)
    try:
        yield
    finally:
        begun.rmdir()
        slow.join()


def pid_of(readers: Readers) -> int:
    """Which process reads now."""
    finding = readers.read(b"%PDF- pid", ROOTS, NOW)
    assert finding.pdf is not None
    return int(finding.pdf.signer_kid or 0)


def test_findings_come_back_whole(readers: Readers) -> None:
    """What is found in a file arrives as it was found."""
    assert readers.read(PDF, ROOTS, NOW) == Finding(pdf=pdf_evidence())
    assert readers.read(b"\x89PNG valid", ROOTS, NOW) == Finding(texts=(qr_text(CREDENTIAL, CRED.token()),))


def test_a_process_is_kept(readers: Readers) -> None:
    """Files are read by the same process, one after the other."""
    assert pid_of(readers) == pid_of(readers) != os.getpid()


@pytest.mark.parametrize("word", ["die", "memory", "fail", "write"])
def test_a_file_that_breaks_its_process(readers: Readers, word: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Killed, out of memory, failing or writing to the disk: that file has failed, and the next one is read."""
    monkeypatch.chdir(tmp_path)
    before = pid_of(readers)
    with pytest.raises(Failed):
        readers.read(f"%PDF- {word}".encode(), ROOTS, NOW)

    assert pid_of(readers) != before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["loop", "hang"])
def test_a_file_that_takes_for_ever(readers: Readers, word: str) -> None:
    """A file that spins or sleeps is given up in time, its process is gone, and the next file is read."""
    before = pid_of(readers)
    with hurried(readers), pytest.raises(TooSlow):
        readers.read(f"%PDF- {word}".encode(), ROOTS, NOW)

    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert pid_of(readers) != before


def test_a_process_killed_between_files(readers: Readers) -> None:
    """A process that somebody killed while it was idle is replaced before a file is given to it."""
    os.kill(before := pid_of(readers), signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)

    assert pid_of(readers) != before


@pytest.mark.parametrize("readers", [replace(ONE, reader_files=3)], indirect=True)
def test_a_process_is_replaced_after_so_many_files(readers: Readers) -> None:
    """No process reads on for ever."""
    pids = [pid_of(readers) for _ in range(7)]

    assert [len({*pids[:3]}), len({*pids[3:6]}), len({*pids})] == [1, 1, 3]


def test_one_file_too_many_is_told_at_once(readers: Readers, tmp_path: Path) -> None:
    """With every process busy a file is not queued."""
    with reading(readers, tmp_path), pytest.raises(Busy):
        readers.read(PDF, ROOTS, NOW)

    assert readers.read(PDF, ROOTS, NOW).pdf is not None


def test_a_process_has_limits_and_no_secrets(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address space, processor time, files and cores are bounded; our configuration is not in its environment."""
    readers.close()
    monkeypatch.setenv("CERTENGINE_DB", "postgresql://user:hunter2@db/register")
    pid = pid_of(readers)
    limits = {name: resource.prlimit(pid, getattr(resource, name)) for name in LIMITS}

    assert limits["RLIMIT_AS"] == (ONE.reader_memory,) * 2
    assert (limits["RLIMIT_FSIZE"], limits["RLIMIT_CORE"]) == ((0, 0), (0, 0))
    assert 0 < limits["RLIMIT_CPU"][0] < ONE.pdf_seconds + 20
    assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert {Path(f"/proc/{pid}/fd/{n}").resolve().name for n in (1, 2)} == {"null"}


LIMITS = ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_CPU")


def test_without_limits_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system that cannot bound another process the clock still does."""
    monkeypatch.delattr(resource, "prlimit")
    monkeypatch.setattr(time, "clock_gettime", _no_clock)
    readers = Readers(ONE, READER)
    with hurried(readers), pytest.raises(TooSlow):
        readers.read(b"%PDF- loop", ROOTS, NOW)
    readers.close()


def _no_clock(_id: int) -> float:
    raise OSError


def test_processes_end_with_the_endpoint() -> None:
    """Closed readers leave no process behind."""
    readers = Readers(ONE, READER)
    pid = pid_of(readers)
    readers.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("word", "detail", "outcome"),
    [
        ("hang", "within the time allowed", "too_slow"),
        ("die", "beyond the limits", "failed"),
    ],
)
def test_a_broken_reading_is_unchecked(word: str, detail: str, outcome: str) -> None:
    """A file that could not be read is answered 503, with the reason, and the next visitor is served."""
    client = Client(limits=ONE)
    with hurried(client.readers) if outcome == "too_slow" else nullcontext():
        answer = client.post(files={"file": ("c.pdf", f"%PDF- {word}".encode())}, headers=JSON)
    after = client.post(files={"file": ("c.pdf", PDF)}, headers=JSON)

    assert (answer.status_code, answer.json()["state"], detail in answer.text) == (503, "unchecked", True)
    assert after.json()["state"] == "valid"
    assert f'certengine_files_total{{outcome="{outcome}"}} 1' in client.get("/metrics").text


def test_busy_readers_are_told(tmp_path: Path) -> None:
    """With all processes busy a file is answered at once, as unchecked."""
    client = Client(limits=ONE)
    with reading(client.readers, tmp_path):
        answer = client.post(files={"file": ("c.pdf", PDF)}, headers=JSON)

    assert (answer.status_code, "other files" in answer.text) == (503, True)


def test_a_reader_that_lies_makes_nothing_valid() -> None:
    """Evidence that a taken-over process makes up does not pass: the file's digest is computed outside of it."""
    answer = Client(limits=ONE).post(files={"file": ("c.pdf", b"%PDF- lie")}, headers=JSON)

    assert answer.json()["state"] == "tampered"
    assert [check["id"] for check in answer.json()["checks"] if check["outcome"] == "failed"] == ["file-digest"]


STAMP = TimeStamp(state=StampState.TRUSTED)
EVIDENCE = [
    pdf_evidence(),
    PdfEvidence(digest="sha256:0"),
    PdfEvidence(digest="sha256:0", problem=Text.of(zh="坏", en="broken")),
    pdf_evidence(statement=True),
    pdf_evidence(time_stamp=TimeStamp(state=StampState.TRUSTED, at=NOW, until=NOW)),
    pdf_evidence(time_stamp=TimeStamp(state=StampState.BROKEN)),
    pdf_evidence(archive=(TimeStamp(state=StampState.LAPSED, at=NOW, until=NOW), TimeStamp(state=StampState.FOREIGN))),
]


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_findings_are_written_and_read(evidence: PdfEvidence) -> None:
    """A finding reads back as it was."""
    assert read_finding(finding_bytes(Finding(pdf=evidence))) == Finding(pdf=evidence)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"texts": [1]}',
        b'{"texts": [], "more": 1}',
        b'{"texts": [], "pdf": {}}',
        finding_bytes(Finding(pdf=pdf_evidence())).replace(b'"credential": "', b'"credential": "!'),
        finding_bytes(Finding(pdf=pdf_evidence())).replace(b'"signed": true', b'"signed": "yes"'),
        finding_bytes(Finding(pdf=pdf_evidence(time_stamp=STAMP))).replace(b'"trusted"}', b'"good"}'),
        finding_bytes(Finding(pdf=pdf_evidence())).replace(b"T03:15:30Z", b"T03:15:30"),
    ],
)
def test_findings_are_read_strictly(data: bytes) -> None:
    """Whatever a process may send that is no finding is refused."""
    with pytest.raises(Unreadable):
        read_finding(data)


def test_frames() -> None:
    """Questions are answered in order until the other end closes; a question that fails has an empty answer."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lambda: serve(theirs, _echo))
    thread.start()
    answers = []
    for question, data in (
        (b'{"at":"2027-03-03T09:30:00Z","roots":[],"stamp_roots":[]}', b"x" * 3_000_000),
        (b'{"at":"2027-03-03T09:30:00Z"}', b""),
    ):
        send(ours, question)
        send(ours, data)
        answers.append(receive(ours))
    ours.close()
    thread.join()
    theirs.close()

    assert (read_finding(answers[0]).texts, answers[1]) == (("3000000",), b"")


def _echo(data: bytes, _roots: Any, _at: Any, _stamp_roots: Any) -> Finding:
    return Finding(texts=(str(len(data)),))


def test_answers_are_bounded_in_length_and_time() -> None:
    """A process cannot make us wait by a drip of bytes, nor keep us busy with an endless answer."""
    ours, theirs = socket.socketpair()
    theirs.sendall((5_000_000).to_bytes(8, "big"))
    with pytest.raises(EOFError):
        receive(ours, 1000)
    theirs.sendall((100).to_bytes(8, "big"))
    dripping = threading.Thread(target=_drip, args=(theirs, 100))
    dripping.start()
    with pytest.raises(TimeoutError):
        receive(ours, 1000, time.monotonic() + 0.2)
    ours.close()
    dripping.join()
    theirs.close()


def _drip(connection: socket.socket, drops: int) -> None:
    """One byte after the other, until nobody wants them."""
    with suppress(OSError):
        for _ in range(drops):
            connection.sendall(b"x")
            time.sleep(0.05)


def test_the_process_itself() -> None:
    """The program of a reading process loads its module, answers, prints nothing and ends with its socket."""
    ours, theirs = socket.socketpair()
    code = "import sys; from certengine.web.reading_process import main; main(sys.argv[1:]); print('printed')"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(theirs.fileno()), "certengine.web.foreign"],
        pass_fds=(theirs.fileno(),),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    theirs.close()
    send(ours, b'{"at":"2027-03-03T09:30:00Z","roots":[]}')
    send(ours, qr_png("https://elsewhere.example/"))
    finding = read_finding(receive(ours))
    ours.close()
    printed, _ = process.communicate(timeout=120)

    assert (finding, printed, process.returncode) == (Finding(), b"", 0)


# The real reading of foreign files


@pytest.mark.parametrize(
    ("data", "foreign"),
    [
        (b"%PDF-1.7", True),
        (b"junk before %PDF-1.7", True),
        (b"\x89PNG\r\n", True),
        (b"\xff\xd8\xff\xe0", True),
        (b"RIFF....WEBP", True),
        (b"{}", False),
        (b"", False),
    ],
)
def test_what_is_foreign(data: bytes, foreign: bool) -> None:
    """PDFs and pictures are told by their first bytes, not by what they are called."""
    assert is_foreign(data) == foreign


def test_pictures_are_read() -> None:
    """A picture gives the texts that are ours, in order; others, and what is no picture, give nothing."""
    load()
    text = qr_text(CREDENTIAL, CRED.token())

    assert read_foreign(qr_png(text, border=8), ROOTS, NOW) == Finding(texts=(text,))
    assert read_foreign(qr_png("https://elsewhere.example/"), ROOTS, NOW) == Finding()
    assert read_foreign(b"\x89PNG broken", ROOTS, NOW) == Finding()


def test_pdfs_are_read() -> None:
    """What is no PDF is reported as such, with its digest."""
    finding = read_foreign(b"%PDF-1.7 nothing more", ROOTS, NOW)

    assert finding.pdf is not None
    assert (finding.pdf.readable, finding.pdf.digest) == (False, digest_of_bytes(b"%PDF-1.7 nothing more"))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes(1 + 4 * width) * min(height, 200), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_the_largest_picture_fits_and_a_bomb_is_refused() -> None:
    """The largest picture that is decoded stays within a process's memory; a larger one is not decoded at all."""
    readers = Readers(ONE)
    try:
        for width, height in ((8000, 5000), (100_000, 100_000)):
            assert readers.read(bomb(width, height), ROOTS, NOW) == Finding()
    finally:
        readers.close()
