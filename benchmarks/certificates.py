"""What issuing takes, on this machine.

    python -m benchmarks.certificates [CERTIFICATES] [--workers N] [--flat ROUNDS]

A sitting of the sample academy is opened with so many candidates, all of whom are written down as passed and approved; what
is measured is what the command does from there on. Lines printed:

- ``token``, ``QR code``, ``badge``, ``page``, ``signature``, ``self-check``: processor time of each part, the median of 21.
- ``whole chain``: reservation to signed file, without the self-check, in processor time; ``file``: its size.
- ``the obvious way``: the same page from the system's fonts, read anew for each: median of 3, taken in the same run.
- ``issue``: the whole batch by so many processes, from reserving to the last row: wall time and processor time of all.
- ``memory``: of this process after so many certificates, against after the first fifty.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from certengine.canonical import instant_text
from certengine.credentials.badge import credential_json
from certengine.credentials.codes import printed
from certengine.credentials.qr import qr_text
from certengine.credentials.token import encode_token
from certengine.documents.certificate import render_certificate
from certengine.documents.pdf_signature import sign_pdf
from certengine.documents.qr import qr_png
from certengine.model.score import Passed, Step
from certengine.model.text import Text
from certengine.services.banks import publish_bank
from certengine.services.certificate_making import CertificateMaker
from certengine.services.context import Context, open_context
from certengine.services.finishing import certificate_design
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys, open_signers
from certengine.services.setting_up import init_workspace
from certengine.services.sittings import open_sitting
from certengine.services.standing import list_certificates
from certengine.store import decisions

SCHEME, SITTING, BANKS = "electrician-l3", "benchmark", ("industrial-automation",)
TURNS, OBVIOUS_TURNS = 21, 3


def passphrase() -> bytes:
    """What opens the keys of the benchmark."""
    return b"for measuring only"


@contextmanager
def acting(root: Path, actor: str) -> Iterator[Context]:
    """The workspace as one person works in it."""
    context = open_context(root, actor=actor)
    try:
        yield context
    finally:
        context.database.close()


def make_sitting(root: Path, candidates: int) -> None:
    """A sitting whose candidates all passed, without papers: their decisions are written down as they are."""
    init_workspace(root, sample=True)
    roster = root / "roster.csv"
    rows = [f"B-{number:05},考生{number:05}\n" for number in range(1, candidates + 1)]
    roster.write_text("candidate_id,name\n" + "".join(rows), encoding="utf-8")
    with acting(root, "zhou-ying") as context:
        for bank in BANKS:
            publish_bank(context, bank, reason="to measure")
        open_sitting(context, SCHEME, roster, sitting_id=SITTING)
        new_keys(context, passphrase)
        at = context.clock()
        words = Text.of(zh="基准测试", en="benchmark")
        step = Step(rule=words, found=words, holds=True)
        with context.writing() as connection:
            made = [
                Passed(candidate=f"B-{number:05}", scores=(), derivation=step) for number in range(1, candidates + 1)
            ]
            nothing: dict[str, tuple[()]] = {one.candidate: () for one in made}
            decisions.append_decisions(connection, SITTING, made, nothing, at=at, by="zhao-ting")
            ids = [record.id for record in decisions.latest_decisions(connection, SITTING)]
            decisions.append_approvals(connection, ids, at=at, by="sun-hao")


def processor(work: Callable[[], object], turns: int = TURNS) -> float:
    """Milliseconds of processor time that some work takes, the median of several turns."""
    spent = []
    for _ in range(turns):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return median(spent) * 1000


def resident() -> float:
    """Megabytes this process holds now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def say(what: str, value: str) -> None:
    """One line of the answer."""
    sys.stdout.write(f"{what:<18} {value}\n")
    sys.stdout.flush()


def parts(context: Context, flat: int) -> None:
    """Each part of one certificate, the whole chain, the obvious way, and whether memory stays flat."""
    signers = open_signers(context, passphrase)
    maker, design = CertificateMaker(context, signers), certificate_design(context, "formal")
    record = list_certificates(context, SITTING)[0]
    credential = record.credential
    pdf, token = maker.make(record, design)
    maker.check(pdf, credential, "formal")
    text = qr_text(credential, token)
    badge = credential_json(credential, verification_method=signers.method, sign=signers.sign)

    def page() -> bytes:
        return render_certificate(
            credential,
            qr_text=text,
            credential_json=badge,
            typed_code=printed(credential.code),
            templates=design,
            typesetter=maker.typesetter,
        )

    unsigned = page()
    code = processor(lambda: qr_png(text))
    measured = {
        "token": processor(lambda: encode_token(credential, kid=signers.cred.kid, sign=signers.sign)),
        "QR code": code,
        "badge": processor(lambda: credential_json(credential, verification_method=signers.method, sign=signers.sign)),
        "page": processor(page) - code,
        "signature": processor(lambda: sign_pdf(unsigned, maker.pdf_signer, at=credential.issued_at)),
        "whole chain": processor(lambda: maker.make(record, design)),
        "self-check": processor(lambda: maker.check(pdf, credential, "formal")),
    }
    for what, milliseconds in measured.items():
        say(what, f"{milliseconds:7.1f} ms of processor time")
    say("file", f"{len(pdf) / 1000:7.1f} KB")

    def obvious() -> None:
        html = design.render(
            "certificate.html",
            credential=credential,
            typed_code=printed(credential.code),
            specimen=False,
            at=instant_text(credential.issued_at),
            name_points=40,
            apart=True,
            narrow=False,
            leftward=False,
        ).replace('src="asset:qr"', "")
        style = design.css("certificate.css").replace("Certengine Serif", "Noto Serif CJK SC")
        fonts = FontConfiguration()
        sheet = CSS(string=style.replace("Certengine Sans", "Noto Sans CJK SC"), font_config=fonts)
        HTML(string=html).write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/a-3a")

    say("the obvious way", f"{processor(obvious, OBVIOUS_TURNS):7.1f} ms for the page alone")
    for _ in range(50):
        maker.make(record, design)
    before = resident()
    for _ in range(flat):
        maker.make(record, design)
    say("memory", f"{before:.0f} MB after 50, {resident():.0f} MB after {flat} more")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("certificates", nargs="?", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--flat", type=int, default=2000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="certengine-benchmark-"))
    try:
        root = folder / "academy"
        make_sitting(root, asked.certificates)
        with acting(root, "zhou-ying") as context:
            began, spent = time.monotonic(), _spent()
            run = issue_sitting(context, SITTING, passphrase, workers=asked.workers)
            wall, spent = time.monotonic() - began, _spent() - spent
            if run.failed or len(run.issued) != asked.certificates:
                raise SystemExit(f"{len(run.issued)} issued, {len(run.failed)} failed: {run.failed[:1]}")
            each = 1000 * spent / asked.certificates
            say(
                "issue",
                f"{asked.certificates} in {wall:.1f} s by {asked.workers}, {each:.0f} ms of processor time each",
            )
            parts(context, asked.flat)
    finally:
        shutil.rmtree(folder)


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
