"""Result statements: what may go out goes out, signed, and nobody takes it for a certificate."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from certengine.documents.pdf_reading import gather_evidence, page_text, statement_in
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.errors import NotFound, Refused
from certengine.model.credential import State
from certengine.services.grading import grade_written
from certengine.services.keys import open_signers
from certengine.services.register import register_source
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.sittings import load
from certengine.services.statements import StatementRun, may_go_out, write_statements
from certengine.services.verification import verify_bytes
from tests.services.small_world import (
    NOW,
    SITTING,
    acting,
    papers,
    passphrase,
    right_answers,
    rows_of,
    write_responses,
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")]
At = Callable[[str], Path]


def written(root: Path, **options: object) -> StatementRun:
    """A run of the keyholder into ``statements/``."""
    with acting(root) as context:
        return write_statements(context, SITTING, passphrase, root / "statements", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(world: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An academy whose statements were written."""
    root = world.copy("keyed", tmp_path_factory.mktemp("statements") / "academy")  # type: ignore[attr-defined]
    run = written(root)
    assert run.failed == ()
    return Path(root)


def judged(root: Path, data: bytes) -> object:
    """What the verifier says of a file, by the register."""
    with acting(root) as context:
        return verify_bytes(data, register_source(context), at=NOW)


def test_every_result_that_may_go_out_goes_out(made: Path) -> None:
    """Passed and failed get one each, who is pending is told why, and only the owner may read them."""
    files = sorted((made / "statements").iterdir())

    assert [one.name for one in files] == ["C1.pdf", "C2.pdf", "C3.pdf", "C4.pdf", "C5.pdf"]
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    with acting(made) as context:
        _, held_back = may_go_out(context, load(context, SITTING))
    assert [one.message.split(":")[0] for one in held_back] == ["candidate `C6`"]


def test_a_statement_says_name_scores_and_what_it_is_not(made: Path) -> None:
    """In both languages, with the marks of each part."""
    text = "".join(page_text((made / "statements" / "C4.pdf").read_bytes()).split())

    for words in (
        "赵敏",
        "C4",
        "成绩通知单",
        "本通知单不是证书",
        "Thisisnotacertificate",
        "不合格",
        "Notpassed",
        "理论",
        "Bench",
    ):
        assert words in text


def test_a_statement_carries_its_data(made: Path) -> None:
    """What the page says, as one JSON document that names its schema; no document number and no assessor."""
    data = statement_in((made / "statements" / "C4.pdf").read_bytes())
    assert data is not None
    document = json.loads(data)

    assert (document["schema"], document["outcome"], document["candidate"]) == (
        "certengine.statement/1",
        "failed",
        "C4",
    )
    assert [(part["component"], part["score"], part["cut"]) for part in document["parts"]] == [
        ("theory", "0", "60"),
        ("bench", "100", "60"),
    ]
    assert not any(name in data.decode() for name in ('"a1"', '"decider"', "last4"))


def test_the_verifier_knows_a_statement_for_what_it_is(made: Path) -> None:
    """Genuine and no certificate: never valid, without claims, and it says so."""
    verdict = judged(made, (made / "statements" / "C1.pdf").read_bytes())

    assert (verdict.state, verdict.statement, verdict.claims) == (State.UNREADABLE, True, None)
    assert [one.id for one in verdict.checks] == ["format", "pdf-signature", "pdf-whole", "issuer-key", "document"]


def test_an_altered_statement_is_not_genuine(made: Path) -> None:
    """One byte of the page, a signature taken off, or saved anew: in no case a genuine statement."""
    data = (made / "statements" / "C4.pdf").read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 3] ^= 1
    again = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(again)
    verdicts = [judged(made, one) for one in (bytes(flipped), again.getvalue(), data + b"\n")]

    assert [one.statement for one in verdicts] == [False] * 3
    assert State.VALID not in {one.state for one in verdicts}
    assert (verdicts[0].state, verdicts[2].state) == (State.TAMPERED, State.TAMPERED)


def test_a_statement_dressed_as_a_certificate_is_none(made: Path, at: At) -> None:
    """Even signed by the issuer, a file that embeds a statement beside a real certificate's data is no certificate."""
    root = at("issued")
    certificate = next((root / "certificates").glob("*.pdf"))
    with pikepdf.open(certificate) as document:
        credential = document.attachments["credential.json"].get_file().read_bytes()
    plain = io.BytesIO()
    with pikepdf.open(made / "statements" / "C1.pdf") as document:
        del document.Root["/AcroForm"]
        del document.Root["/Perms"]
        for page in document.pages:
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
        document.attachments["credential.json"] = pikepdf.AttachedFileSpec(
            document, credential, filename="credential.json"
        )
        document.save(plain, static_id=True)
    with acting(root) as context:
        signers = open_signers(context, passphrase)
    signed = sign_pdf(plain.getvalue(), PdfSigner(private_key=signers.pdf_key, chain=signers.pdf.chain), at=NOW)

    assert gather_evidence(signed, roots=signers.keyring.roots, at=NOW).statement
    verdict = judged(root, signed)
    assert (verdict.state, verdict.claims) == (State.UNREADABLE, None)


def test_a_run_goes_on_where_it_stopped(at: At) -> None:
    """What is there stays byte for byte; what is missing, cut short, or another's is made."""
    root = at("keyed")
    written(root, candidates=("C1", "C2", "C3"))
    folder = root / "statements"
    kept = (folder / "C1.pdf").read_bytes()
    (folder / "C2.pdf").write_bytes((folder / "C2.pdf").read_bytes()[:-200])
    (folder / "C3.pdf").write_bytes(kept)
    plan = written(root, dry_run=True)
    with acting(root) as context:
        before = rows_of(context)
    run = written(root)

    assert [path.stem for path in plan.written] == [path.stem for path in run.written] == ["C2", "C3", "C4", "C5"]
    assert (run.already, (folder / "C1.pdf").read_bytes()) == (1, kept)
    with acting(root) as context:
        assert rows_of(context)["audit"] == before["audit"] + 1
    assert written(root).written == ()


def test_the_same_decision_gives_the_same_page(at: At, tmp_path: Path) -> None:
    """Made twice at different times only the signature differs; at the same time not even that."""
    root = at("keyed")
    written(root, candidates=("C1",))
    first = (root / "statements" / "C1.pdf").read_bytes()
    (root / "statements" / "C1.pdf").unlink()
    written(root, candidates=("C1",))

    assert (root / "statements" / "C1.pdf").read_bytes() == first


def test_a_superseding_result_gets_a_new_statement(at: At) -> None:
    """After a correction the old file is made anew once the new decision is approved, and not before."""
    root = at("keyed")
    written(root, candidates=("C4",))
    with acting(root) as context:
        paper = next(one for one in papers(context) if one.candidate == "C4")
        fix = write_responses(root / "fix.csv", [("C4", paper.id, right_answers(context)[paper.id])])
        grade_written(context, SITTING, [fix])
    with pytest.raises(Refused) as stale:
        written(root, candidates=("C4",))
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with pytest.raises(Refused) as unapproved:
        written(root, candidates=("C4",))
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
    run = written(root, candidates=("C4",))

    assert [one.value.findings[0].message for one in (stale, unapproved)] == [
        "candidate `C4`: scores changed since it was decided",
        "candidate `C4`: the decision is not approved",
    ]
    data = statement_in((root / "statements" / "C4.pdf").read_bytes())
    assert ([path.stem for path in run.written], json.loads(data or b"")["outcome"]) == (["C4"], "passed")


@pytest.mark.parametrize(
    ("stage", "who", "candidates", "code"),
    [
        ("decided", "admin", (), "statement/nothing-approved"),
        ("graded", "admin", (), "statement/nothing-approved"),
        ("keyed", "approver", (), "role/missing"),
        ("approved", "admin", (), "key/none"),
        ("keyed", "admin", ("C6",), "statement/nothing-approved"),
        ("keyed", "admin", ("C9",), "not-found"),
    ],
)
def test_what_may_not_go_out_stays(at: At, stage: str, who: str, candidates: tuple[str, ...], code: str) -> None:
    """Before approval, by the wrong person, without keys, for somebody pending or unknown: nothing is written."""
    root = at(stage)
    with acting(root, who) as context, pytest.raises((Refused, NotFound)) as error:
        write_statements(context, SITTING, passphrase, root / "statements", candidates=candidates)
    assert (error.value.code, list(root.glob("statements/*"))) == (code, [])
