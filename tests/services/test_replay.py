"""Replaying a certificate: every stored thing that was altered is named, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import digest_of_bytes
from certengine.errors import InputError, NotFound, Refused
from certengine.services import replay_decision, replay_marks, replay_material, replay_trail
from certengine.services.issuing import issue_sitting
from certengine.services.replay import replay
from certengine.services.replay_links import Chain, LinkOutcome, Replay
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from tests.databases import asked, copied_workspace, meddle
from tests.services.essay_world import ESSAY, WORD, make_essays, mark, points
from tests.services.essay_world import SITTING as ESSAYS
from tests.services.essay_world import graded as grade_essays
from tests.services.small_world import SITTING, acting, passphrase

At = Callable[[str], Path]
NUMBER = "S2630001"


@pytest.fixture(scope="session")
def essays(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that rests on an essay marked by people."""
    root = world.copy("keyed", tmp_path_factory.mktemp("essays") / "academy")
    make_essays(root)
    grade_essays(root)
    for item, give in ((ESSAY, lambda _: points(0, 4, 4)), (WORD, None)):
        if give is not None:
            mark(root, "a1", give, item)
    with acting(root, "decider") as context:
        decide_sitting(context, ESSAYS)
    with acting(root, "approver") as context:
        approve_sitting(context, ESSAYS)
    with acting(root, entropy="essays") as context:
        assert issue_sitting(context, ESSAYS, passphrase).issued
    return root


def altered(root: Path, statement: str, *values: object) -> None:
    """What somebody does who owns the database: protection aside, then the row."""
    meddle(root, (statement, *values))


def rewritten(root: Path, table: str, column: str, where: str, change: Callable[[Any], Any], **more: str) -> None:
    """One JSON column read, changed and written again; ``more``: a digest column that is made to fit."""
    text = str(asked(root, f"SELECT {column} FROM {table} WHERE {where}")[0][0])
    content = json.loads(text)
    found = change(content)
    new = json.dumps(content if found is None else found, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert new != text
    altered(root, f"UPDATE {table} SET {column} = ? WHERE {where}", new)
    for name in more.values():
        altered(root, f"UPDATE {table} SET {name} = ? WHERE {where}", digest_of_bytes(new.encode()))


def replayed(root: Path, target: str = NUMBER) -> Replay:
    """The replay of the first certificate."""
    with acting(root) as context:
        return replay(context, target)


def _first_response(sheet: Any) -> None:
    sheet["responses"][0]["value"] = "another"
    sheet["responses"][0]["raw"] = "another"


def _first_earned(report: Any) -> None:
    report["items"][0]["earned"] = "0"


def _more(report: Any) -> None:
    report["exact"] = "99"


def _swap(paper: Any) -> None:
    paper["items"][0]["marks"] = "7"


def _pass(decision: Any) -> None:
    decision["scores"][0][1] = "99"


def _title(content: Any) -> None:
    content["title"] = {"en": "Another", "zh": "另一个"}


def _key(bank: Any) -> None:
    for item in bank["items"]:
        if item["kind"] == "true_false":
            item["content"]["key"] = not item["content"]["key"]


def _holder(credential: Any) -> None:
    credential["holder"]["name"] = "另一人"


def _token(details: Any) -> None:
    details["token"] = details["token"][:-4] + "AAAA"


def _pdf_digest(details: Any) -> None:
    details["pdf_digest"] = "sha256:" + "0" * 64


C1_PAPER = f"candidate = 'C1' AND sitting = '{SITTING}'"
C1_SCORE = "candidate = 'C1'"
#: What is altered, and the one link that must be named.
ALTERATIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a response": (
        lambda root: rewritten(root, "written_score", "responses", C1_SCORE, _first_response),
        "responses:theory",
    ),
    "which run took an answer": (
        lambda root: altered(
            root,
            "UPDATE written_score SET run = (SELECT max(id) FROM grading_run WHERE kind = 'practical') "
            "WHERE candidate = 'C1'",
        ),
        "responses:theory",
    ),
    "a score": (lambda root: rewritten(root, "written_score", "report", C1_SCORE, _first_earned), "score:theory"),
    "a score as decided on": (
        lambda root: rewritten(root, "decision", "reports", "candidate = 'C1'", lambda all_: _more(all_[0])),
        "score:theory",
    ),
    "a practical score as decided on": (
        lambda root: rewritten(root, "decision", "reports", "candidate = 'C1'", lambda all_: _more(all_[1])),
        "score:bench",
    ),
    "a rating": (
        lambda root: altered(
            root, "UPDATE rating SET value = '\"99.98\"' WHERE candidate = 'C1' AND aspect = 'M1' AND assessor = 'a1'"
        ),
        "ratings:bench",
    ),
    "a rating's remark": (
        lambda root: altered(
            root, "UPDATE rating SET remark = 'x' WHERE candidate = 'C1' AND aspect = 'M1' AND assessor = 'a1'"
        ),
        "ratings:bench",
    ),
    "a rating taken away": (
        lambda root: altered(root, "DELETE FROM rating WHERE candidate = 'C1' AND assessor = 'a3'"),
        "ratings:bench",
    ),
    "a decision": (lambda root: rewritten(root, "decision", "contents", "candidate = 'C1'", _pass), "decision"),
    "a decision with its digest": (
        lambda root: rewritten(root, "decision", "contents", "candidate = 'C1'", _pass, digest="digest"),
        "decision",
    ),
    "who decided": (
        lambda root: altered(root, "UPDATE decision SET decided_by = 'admin' WHERE candidate = 'C1'"),
        "decision",
    ),
    "who approved": (
        lambda root: altered(
            root,
            "UPDATE approval SET approved_by = 'admin' WHERE decision = (SELECT id FROM decision WHERE candidate = 'C1')",
        ),
        "approval",
    ),
    "an approval taken away": (
        lambda root: altered(
            root, "DELETE FROM approval WHERE decision = (SELECT id FROM decision WHERE candidate = 'C1')"
        ),
        "approval",
    ),
    "a paper": (lambda root: rewritten(root, "paper", "contents", C1_PAPER, _swap), "paper:theory"),
    "a paper with its digest": (
        lambda root: rewritten(root, "paper", "contents", C1_PAPER, _swap, digest="digest"),
        "paper:theory",
    ),
    "a task": (
        lambda root: altered(root, "UPDATE task_assignment SET task = 'T-9' WHERE candidate = 'C1'"),
        "task:bench",
    ),
    "the seed": (lambda root: altered(root, f"UPDATE sitting_secret SET seed = '{'11' * 32}'"), "draw"),
    "the commitment": (
        lambda root: rewritten(
            root, "sitting_event", "details", "kind = 'sealed'", lambda d: d.update(commitment="sha256:" + "1" * 64)
        ),
        "draw",
    ),
    "a bank version": (lambda root: rewritten(root, "bank_version", "contents", "bank = 'small'", _key), "bank:small"),
    "a bank version with its digest": (
        lambda root: rewritten(root, "bank_version", "contents", "bank = 'small'", _key, digest="digest"),
        "bank:small",
    ),
    "a scheme version": (
        lambda root: rewritten(root, "scheme_version", "contents", "scheme = 'small-l3'", _title),
        "scheme",
    ),
    "a scheme version with its digest": (
        lambda root: rewritten(root, "scheme_version", "contents", "scheme = 'small-l3'", _title, digest="digest"),
        "scheme",
    ),
    "the holder's name": (
        lambda root: rewritten(root, "certificate", "credential", f"number = '{NUMBER}'", _holder),
        "certificate",
    ),
    "a code's digest": (
        lambda root: altered(root, f"UPDATE certificate SET typed_digest = 'sha256:00' WHERE number = '{NUMBER}'"),
        "certificate",
    ),
    "the roster": (
        lambda root: rewritten(root, "candidate", "contents", "id = 'C1'", lambda one: one.update(name="另一人")),
        "candidate",
    ),
    "the file's digest": (
        lambda root: rewritten(root, "certificate_event", "details", "certificate = 1", _pdf_digest),
        "standing",
    ),
    "the token": (lambda root: rewritten(root, "certificate_event", "details", "certificate = 1", _token), "standing"),
    "an event put in": (
        lambda root: altered(
            root,
            "INSERT INTO certificate_event (certificate, kind, at, by, reason, details) "
            "VALUES (1, 'reinstated', '2026-11-23T00:00:00Z', 'admin', 'error', '{}')",
        ),
        "standing",
    ),
    "a person taken out of the roster": (
        lambda root: altered(root, "DELETE FROM candidate WHERE id = 'C1'"),
        "candidate",
    ),
    "another person taken out of the roster": (
        lambda root: altered(root, "DELETE FROM candidate WHERE id = 'C2'"),
        "draw",
    ),
    "the seed taken away": (lambda root: altered(root, "DELETE FROM sitting_secret"), "draw"),
    "a bank version taken away": (lambda root: altered(root, "DELETE FROM bank_version"), "bank:small"),
    "who published a bank": (lambda root: altered(root, "UPDATE bank_version SET published_by = 'a1'"), "bank:small"),
    "why a bank was published": (
        lambda root: altered(root, "UPDATE bank_version SET reason = 'another'"),
        "bank:small",
    ),
    "what opens the commitments to a candidate": (
        lambda root: altered(root, f"DELETE FROM commitment_salt WHERE owner = '{SITTING}/C1'"),
        "trail",
    ),
    "what opens the commitment to a bank": (
        lambda root: altered(root, "DELETE FROM commitment_salt WHERE owner LIKE 'bank %'"),
        "trail",
    ),
    "an act": (
        lambda root: altered(
            root, f"UPDATE audit SET actor = 'somebody' WHERE subject = '{NUMBER}' AND action = 'cert.issue'"
        ),
        "trail",
    ),
    "a commitment": (
        lambda root: altered(root, "UPDATE commitment SET value = 'sha256:00' WHERE kind = 'responses'"),
        "trail",
    ),
}


def test_a_sound_certificate_is_equal_in_every_link(at: At) -> None:
    """From the file down to the bank, each compared."""
    found = replayed(at("issued"))

    assert found.outcome is LinkOutcome.EQUAL
    assert [link.id for link in found.links] == [
        *("file", "token", "log", "standing", "certificate", "candidate", "approval", "decision"),
        *(
            "score:theory",
            "score:bench",
            "ratings:bench",
            "responses:theory",
            "key:theory",
            "paper:theory",
            "task:bench",
            "draw",
        ),
        *("bank:small", "scheme", "trail"),
    ]
    assert {link.outcome for link in found.links} == {LinkOutcome.EQUAL}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_the_altered_link_is_named_and_no_other(at: At, what: str) -> None:
    """Whoever owns the database changes one stored thing; replaying names exactly that."""
    alter, link = ALTERATIONS[what]
    root = at("issued")
    alter(root)

    assert replayed(root).differing == (link,)


def test_a_paper_of_a_component_that_there_is_not_is_named(at: At) -> None:
    """What no program writes is told as a link that differs, and not as a failure of ours."""
    root = at("issued")
    altered(root, f"UPDATE paper SET component = 'another' WHERE {C1_PAPER}")

    assert "paper:another" in replayed(root).differing


@pytest.mark.parametrize(
    "action",
    [
        "bank.publish",
        "sitting.seal",
        "grade.written",
        "grade.practical",
        "result.decide",
        "result.approve",
        "cert.reserve",
        "cert.issue",
    ],
)
def test_an_altered_act_is_named_and_not_what_it_did(at: At, action: str) -> None:
    """What an act would confirm cannot be told without it; it is the trail that was altered."""
    root = at("issued")
    altered(root, "UPDATE audit SET actor = 'somebody' WHERE action = ?", action)

    assert replayed(root).differing == ("trail",)


def test_one_changed_byte_of_the_file_is_named(at: At) -> None:
    """The file in the workspace, and one that somebody brings."""
    root = at("issued")
    path = root / "certificates" / f"{NUMBER}.pdf"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    assert replayed(root).differing == ("file",)
    assert replayed(root, str(path)).differing == ("file",)


def test_markers_points_are_part_of_the_chain(essays: Path) -> None:
    """What people gave an essay is compared like everything else."""
    with acting(essays) as context:
        number = list_certificates(context, ESSAYS)[0].credential.number
    found = replayed(essays, number)

    assert found.outcome is LinkOutcome.EQUAL
    assert "marks:theory" in [link.id for link in found.links]


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE script_mark SET points = \'{"dead":0,"rotor":3,"winding":4}\'',
        "UPDATE script_mark SET marker = 'a2'",
        "DELETE FROM script_mark",
    ],
)
def test_an_altered_essay_mark_is_named(essays: Path, tmp_path: Path, statement: str) -> None:
    """Points, who gave them, and that they were given at all."""
    root = copied_workspace(essays, tmp_path / "academy")
    altered(root, statement)
    with acting(root) as context:
        number = list_certificates(context, ESSAYS)[0].credential.number

    assert replayed(root, number).differing == ("marks:theory",)


def test_without_the_file_the_rest_is_still_told(at: At) -> None:
    """A file that is not at hand is not compared, and said to be so."""
    root = at("issued")
    (root / "certificates" / f"{NUMBER}.pdf").unlink()
    found = replayed(root)

    assert (found.links[0].id, found.links[0].outcome) == ("file", LinkOutcome.ABSENT)
    assert found.outcome is LinkOutcome.EQUAL


def test_what_happened_since_is_part_of_the_chain(at: At) -> None:
    """A revoked certificate replays as well; its revocation taken away is named."""
    root = at("issued")
    with acting(root, "approver") as context:
        change_standing(context, NUMBER, "revoked", reason=ReasonClass.ERROR)
    assert replayed(root).outcome is LinkOutcome.EQUAL
    altered(root, "DELETE FROM certificate_event WHERE kind = 'revoked'")

    assert replayed(root).differing == ("standing",)


def test_scores_given_after_the_decision_change_nothing(at: At) -> None:
    """A certificate rests on what had been graded when it was decided."""
    from certengine.services.grading import grade_written
    from tests.services.small_world import papers, write_responses

    root = at("issued")
    with acting(root) as context:
        paper = papers(context)[0]
        grade_written(context, SITTING, [write_responses(root / "blank.csv", [("C1", paper.id, {})])])

    assert replayed(root).outcome is LinkOutcome.EQUAL


def test_a_certificate_is_found_by_number_code_and_file(at: At) -> None:
    """As printed, as coded, as a file; nothing else names one."""
    root = at("issued")
    with acting(root) as context:
        code = list_certificates(context)[0].credential.code
    targets = (NUMBER, code, str(root / "certificates" / f"{NUMBER}.pdf"))
    (root / "letter.pdf").write_text("%PDF-1.7 no certificate")

    assert {replayed(root, target).number for target in targets} == {NUMBER}
    with pytest.raises(NotFound):
        replayed(root, "S0000000")
    with pytest.raises(InputError):
        replayed(root, str(root / "letter.pdf"))


def test_what_was_only_reserved_cannot_be_replayed(at: At) -> None:
    """A number without a certificate has nothing to be followed from."""
    root = at("reserved")
    with acting(root) as context:
        number = list_certificates(context)[0].credential.number

    with pytest.raises(Refused, match="never issued"):
        replayed(root, number)


def test_a_database_older_than_commitments_is_told_by_recomputing(at: At) -> None:
    """Without commitments answers are not kept; a score that does not follow from them is named all the same."""
    root = at("issued")
    forget_commitments(root)
    found = {link.id: link.outcome for link in replayed(root).links}

    assert found["responses:theory"] is LinkOutcome.NOT_KEPT
    assert found["score:theory"] is LinkOutcome.EQUAL
    rewritten(root, "written_score", "responses", C1_SCORE, _first_response)
    # The certificate of this stage names a commitment, which nobody keeps any more.
    assert replayed(root).differing == ("decision", "score:theory")


def forget_commitments(root: Path) -> None:
    """The trail as an older program would have written it."""
    from certengine.canonical import digest

    previous, written = "genesis", []
    for seq, at_, actor, action, subject, details, *_ in asked(root, "SELECT * FROM audit ORDER BY seq"):
        said = {name: value for name, value in json.loads(str(details)).items() if name != "records"}
        row: dict[str, Any] = {
            "seq": seq,
            "at": at_,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": json.dumps(said, separators=(",", ":"), sort_keys=True),
            "previous": previous,
        }
        previous = digest(row)
        written.append(("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row.values(), previous))
    meddle(root, "DELETE FROM commitment", "DELETE FROM audit", *written)


class _Anything:
    """Equal to whatever it is compared with."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _other: object) -> bool:
        return True


#: A check that is left out, and an alteration that then goes by unnoticed or under another name.
WITHOUT = {
    "commitments": (replay_trail.Trail, "keeps", lambda *_, **__: None, "a rating's remark"),
    "the hash of an act": (replay_trail, "digest", lambda _: _Anything(), "an act"),
    "redrawing papers": (replay_material._Drawing, "possible", property(lambda _: False), "a task"),
    "the draw's commitment": (replay_material, "_holds", lambda *_: True, "the seed"),
    "the certificate's columns": (replay_decision, "_columns_agree", lambda *_: True, "a code's digest"),
    "the decision's act": (replay_decision, "_altered_decision", lambda *_, **__: None, "who decided"),
    "scores": (replay_marks, "_score", lambda *_: None, "a score"),
    "the rule of blame": (Chain, "shaken", lambda *_: (), "a response"),
}


@pytest.mark.parametrize("check", WITHOUT)
def test_the_matrix_has_teeth(at: At, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay without one of its checks does not pass the matrix above."""
    where, name, instead, what = WITHOUT[check]
    alter, link = ALTERATIONS[what]
    root = at("issued")
    alter(root)
    monkeypatch.setattr(where, name, instead)

    assert replayed(root).differing != (link,)
