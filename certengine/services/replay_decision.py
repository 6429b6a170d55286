"""The links from decision to file: decided, approved, certified, signed, printed.

1. The decision recomputed from its reports by the scheme's pass standard.
2. Its approval by another person.
3. The certificate as it was frozen with its number, and the roster's person on it.
4. What happened to it since, each event with its act.
5. The signed token, verified by the issuer's key, saying what the certificate says.
6. The file, by the digest that was written down when it was issued.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from certengine.canonical import digest, digest_of_bytes
from certengine.credentials.claims import claims_of
from certengine.credentials.codes import code_digest, typed_digest
from certengine.credentials.keyring import read_keyring
from certengine.credentials.keys import read_base64url
from certengine.credentials.token import decode_token
from certengine.model.credential import Credential
from certengine.model.score import Failed, Passed, Pending
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from certengine.revival import from_json, revive
from certengine.scoring.decision import decide
from certengine.services.log_entries import ENTER
from certengine.services.records_of_acts import approval_record, decision_records, event_record, reservation_record
from certengine.services.replay_case import Case, Row
from certengine.services.replay_links import ALTERED, MISSING, NOT_AS_WRITTEN, UNREADABLE, Chain, LinkOutcome
from certengine.services.replay_marks import Grading, read_scores
from certengine.services.replay_material import Material
from certengine.services.replay_trail import Trail, Witness, latest
from certengine.store import tables

_DECISION = Text.of(zh="决定", en="decision")
_APPROVAL = Text.of(zh="批准", en="approval")
_CERTIFICATE = Text.of(zh="证书内容", en="certificate as reserved")
_CANDIDATE = Text.of(zh="考生名册", en="roster entry")
_STANDING = Text.of(zh="证书状态记录", en="what happened to it")
_TOKEN = Text.of(zh="签名令牌", en="signed token")
_FILE = Text.of(zh="证书文件", en="certificate file")


def read_certificate(case: Case, chain: Chain, trail: Trail) -> Credential | None:
    """The certificate as reserved; ``None`` when it cannot be read."""
    row = case.rows[tables.certificate.name][0]
    record = reservation_record(row)
    act = latest(trail.found("cert.reserve", row["number"]), lambda one: trail.keeps(one, record))
    kept = trail.keeps(act, record)
    credential: Credential | None = _revived(Credential, row["credential"])
    own = UNREADABLE if credential is None else NOT_AS_WRITTEN if kept is False else None
    again = digest_of_bytes(row["credential"].encode())
    named = str(act.details.get("credential")) if act is not None else None
    if own is None and named is not None and named != again:
        own = NOT_AS_WRITTEN
    if own is None and credential is not None and not _columns_agree(row, credential):
        own = Text.of(zh="登记栏目与证书内容不一致", en="its columns and its content do not agree")
    if act is None and own is None and not chain.shaken("trail"):
        own = Text.of(zh="没有预留编号的操作记录", en="no act tells that its number was reserved")
    upon = () if act is not None else ("trail",)
    chain.judge("certificate", _CERTIFICATE, own=own, kept=True, follows=None, upon=upon, stored=named, again=again)
    return credential


def evidence_of(credential: Credential | None, chain: Chain) -> dict[str, str]:
    """The digests that a sound certificate names; of one that is not, none."""
    return {} if credential is None or chain.shaken("certificate") else dict(credential.evidence)


def read_decision(material: Material, chain: Chain, trail: Trail) -> None:
    """The decision with every score below it, and its approval."""
    case = material.case
    row = case.rows[tables.decision.name][0] if case.rows[tables.decision.name] else None
    if row is None:
        chain.put("decision", _DECISION, LinkOutcome.DIFFERS, MISSING)
        return
    made, basis = decision_records(row)
    found = trail.found("result.decide", row["sitting"], at=row["decided_at"], actor=row["decided_by"])
    act = latest(found, lambda one: trail.keeps(one, made))
    grading = Grading(
        material=material,
        trail=trail,
        runs=trail.grading(row["sitting"], act.seq if act is not None else None),
        basis_kept=trail.keeps(act, basis),
    )
    reports = read_scores(grading, row["reports"], chain)
    again = None
    if material.scheme is not None and reports:
        try:
            again = digest(decide(row["candidate"], material.scheme, reports))
        except Exception:  # noqa: BLE001  # whatever was altered, it cannot be decided: the links say what
            again = None
    value = digest_of_bytes(row["contents"].encode())
    own = _altered_decision(row, material, trail, act, value, unseen=bool(chain.shaken("trail")))
    if own is None and grading.basis_kept is False and not chain.shaken(*(f"score:{one}" for one in reports)):
        own = NOT_AS_WRITTEN
    upon = ("scheme", *(f"score:{one}" for one in reports), *(("trail",) if act is None else ()))
    kept = trail.keeps(act, made) is True
    chain.judge(
        "decision", _DECISION, own=own, kept=kept, follows=again == value, upon=upon, stored=row["digest"], again=again
    )
    _approval(case, row, chain, trail)


def _altered_decision(
    row: Row, material: Material, trail: Trail, act: Witness | None, value: str, *, unseen: bool
) -> Text | None:
    """What shows that a decision was altered; ``unseen``: an act may be missing because it was altered itself."""
    made, _ = decision_records(row)
    if _revived(Passed | Failed | Pending, row["contents"]) is None:
        return UNREADABLE
    named = material.evidence.get("decision", value)
    committed = act.committed.get(("decision", row["candidate"])) if act is not None else None
    # Certificates of before commitments name the digest itself. What the act committed to is not told when it was altered.
    if value != row["digest"] or (named not in {value, committed} and not (act is None and unseen)):
        return ALTERED
    if trail.keeps(act, made) is False:
        return NOT_AS_WRITTEN
    if act is None and not unseen:
        return Text.of(zh="没有作出这一决定的操作记录", en="no act tells that it was made")
    if row["outcome"] != "passed":
        return Text.of(zh="决定不是合格", en="it is not a pass")
    return None


def _approval(case: Case, decision: Row, chain: Chain, trail: Trail) -> None:
    row = case.one(tables.approval, decision=decision["id"])
    if row is None:
        chain.put("approval", _APPROVAL, LinkOutcome.DIFFERS, MISSING)
        return
    record = approval_record(decision, row)
    found = trail.found("result.approve", decision["sitting"], at=row["approved_at"], actor=row["approved_by"])
    act = latest(found, lambda one: trail.keeps(one, record))
    kept = trail.keeps(act, record)
    own = NOT_AS_WRITTEN if kept is False and not chain.shaken("decision") else None
    if act is None and not chain.shaken("trail"):
        own = Text.of(zh="没有批准的操作记录", en="no act tells that it was given")
    elif row["approved_by"] == decision["decided_by"]:
        own = Text.of(zh="批准人与决定人相同", en="it was given by the person who decided")
    chain.judge(
        "approval",
        _APPROVAL,
        own=own,
        kept=True,
        follows=None,
        upon=("decision", *(("trail",) if act is None else ())),
        stored=record.content,
        again=record.content,
    )


def read_candidate(case: Case, credential: Credential | None, chain: Chain) -> None:
    """The person on the certificate is the roster's.

    One that stands in for another may name the same person otherwise: that is what it was approved for, and the act that
    reserved it keeps.
    """
    own_row = case.rows[tables.certificate.name][0]
    row = case.one(tables.candidate, sitting=own_row["sitting"], id=own_row["candidate"])
    one = _revived(Candidate, row["contents"]) if row is not None else None
    if one is None or credential is None:
        detail = UNREADABLE if row is not None else MISSING
        outcome = LinkOutcome.DIFFERS if one is None else LinkOutcome.UNTOLD
        chain.put("candidate", _CANDIDATE, outcome, detail)
        return
    stored, again = ([one.name, one.name_en], [credential.holder.name, credential.holder.name_en])
    chain.judge(
        "candidate",
        _CANDIDATE,
        own=None,
        kept=False,
        follows=(stored == again or credential.succeeds is not None) and one.id == own_row["candidate"],
        upon=("certificate",),
        stored=digest(stored),
        again=digest(again),
    )


def read_standing(case: Case, chain: Chain, trail: Trail) -> dict[str, Any] | None:
    """Every event of the certificate, as its own act tells of it and as it entered the log; returns the details of its issue."""
    certificate = case.rows[tables.certificate.name][0]
    events = case.rows[tables.certificate_event.name]
    on_it = [one for one in trail.witnesses if one.subject == certificate["number"]]
    told: set[int] = set()
    wrong: list[str] = []
    for event in events:
        record = event_record(certificate, event)
        own_acts = tuple(one for one in on_it if _wrote(one, event))
        act = latest(own_acts, partial(trail.keeps, record=record))
        if (act is None and not chain.shaken("trail")) or (act is not None and trail.keeps(act, record) is False):
            wrong.append(event["kind"])
        elif act is not None:
            entered = (one for one in on_it if one.action == ENTER and trail.keeps(one, record))
            told.update((act.seq, *(one.seq for one in entered)))
    public = {"issue", "status"}
    untold = [one for one in on_it if public & {kind for kind, _ in one.committed} and one.seq not in told]
    issue = next((event for event in events if event["kind"] == "issued"), None)
    details = _object(issue["details"]) if issue is not None else None
    act = latest(trail.found("cert.issue", certificate["number"]), lambda _: True)
    if details is not None and act is not None and act.details.get("pdf_digest") != details.get("pdf_digest"):
        wrong.append("issued")
    own = None
    if wrong or untold or issue is None:
        names = ", ".join(sorted({*wrong, *(one.action for one in untold)})) or "issued"
        own = Text.of(zh=f"与操作记录不符：{names}", en=f"not as its acts tell: {names}")
        own = own if not chain.shaken("certificate") or not _only_through_credential(wrong, untold) else None
    value = digest([[event["kind"], event["at"], event["by"], event["reason"], event["details"]] for event in events])
    chain.judge(
        "standing",
        _STANDING,
        own=own,
        kept=True,
        follows=None,
        upon=("certificate", *(("trail",) if len(told) < len(events) else ())),
        stored=value,
        again=value,
    )
    return details


def _wrote(act: Witness, event: Row) -> bool:
    return act.action.startswith("cert.") and (act.at, act.actor) == (event["at"], event["by"])


def _only_through_credential(wrong: list[str], untold: list[Witness]) -> bool:
    """Whether only the issue does not open, which commits to the certificate too."""
    return set(wrong) <= {"issued"} and all("issue" in {kind for kind, _ in one.committed} for one in untold)


def read_token(case: Case, credential: Credential | None, issue: Mapping[str, Any] | None, chain: Chain) -> None:
    """The token that was issued: by the issuer's key, and saying what the certificate says."""
    text = issue.get("token") if issue is not None else None
    if not isinstance(text, str) or case.keyring is None:
        chain.put(
            "token",
            _TOKEN,
            LinkOutcome.ABSENT if issue is not None and text is None else LinkOutcome.UNTOLD,
            Text.of(zh="没有令牌或密钥环", en="there is no token or no keyring"),
        )
        return
    own, same = None, False
    value = digest_of_bytes(text.encode())
    try:
        token = decode_token(read_base64url(text))
        record = read_keyring(case.keyring).key(token.kid)
        if record is None or not token.verified_by(record):
            own = Text.of(zh="签名无效", en="its signature is not good")
        same = credential is not None and token.claims.core == claims_of(credential).core
    except ValueError:
        own = UNREADABLE
    if own is not None and chain.shaken("standing"):
        own = None  # it stands in the event that was altered
    chain.judge(
        "token",
        _TOKEN,
        own=own,
        kept=False,
        follows=same and own is None,
        upon=("certificate", "standing"),
        stored=value,
        again=value,
    )


def read_file(pdf: bytes | None, issue: Mapping[str, Any] | None, trail: Trail, number: str, chain: Chain) -> None:
    """The file presented, or the one in the workspace."""
    act = latest(trail.found("cert.issue", number), lambda _: True)
    named = act.details.get("pdf_digest") if act is not None else issue.get("pdf_digest") if issue else None
    if pdf is None:
        detail = Text.of(zh="文件不在手边，未核对", en="not at hand, and not compared")
        chain.put("file", _FILE, LinkOutcome.ABSENT, detail, stored=str(named) if named else None)
        return
    again = digest_of_bytes(pdf)
    own = ALTERED if named is not None and again != named else None
    chain.judge("file", _FILE, own=own, kept=named is not None, follows=None, stored=str(named), again=again)


def _columns_agree(row: Row, credential: Credential) -> bool:
    try:
        codes = (code_digest(credential.code), typed_digest(credential.code))
    except ValueError:
        return False
    return (row["number"], row["status_index"], (row["code_digest"], row["typed_digest"])) == (
        credential.registered_as,
        credential.status_index,
        codes,
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _revived(noun: Any, text: str) -> Any:
    """A noun from its stored text, or ``None`` when it is not what the store writes."""
    try:
        return revive(noun, text) if isinstance(noun, type) else from_json(noun, json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
