"""Who decides or approves neither examined nor trained the candidates; exceptions are declared, used openly, and kept.

1. A separation gives way only to an exception in ``certengine.toml`` that names the person and has not ended.
2. Each use is an act of its own in the trail, in the transaction that uses it: reason, who agreed, until when.
3. From "another person approves", and from a conflict of interest that was declared, there is no exception.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from certengine.errors import Refused
from certengine.model.sitting import Candidate, Sitting
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.store import audit
from certengine.store.bench import load_declarations
from certengine.store.decisions import DecisionRecord
from certengine.workspace.separations import Separation, SeparationException

ACTION = "result.exception"
_DID = {"decide": Text.of(zh="评定人", en="who decided"), "approve": Text.of(zh="批准人", en="who approved")}
_WHO = {
    Separation.ASSESSOR_DECIDES: Text.of(zh="也在本场次考评", en="assessed in this sitting too"),
    Separation.TRAINER_DECIDES: Text.of(zh="培训过该考生", en="trained the candidate"),
}
_CODES = {
    Separation.ASSESSOR_DECIDES: "result/assessor-decides",
    Separation.TRAINER_DECIDES: "result/trainer-decides",
}


def demand_independent(
    context: Context, connection: Connection, sitting: Sitting, assessed: Collection[str], act: str, at: datetime
) -> tuple[SeparationException, ...]:
    """Refuse to let somebody ``decide`` or ``approve`` who assessed or trained a candidate, unless an exception holds.

    From a conflict of interest that the person declared there is none.

    Returns the exceptions that are needed; whoever goes on writes them down with :func:`write_exceptions`.

    Raises:
        Refused: when a separation is broken and no exception from it holds today.
    """
    used = []
    hint = f"act as somebody who did not, and may {act}: `--as ID`"
    if context.actor in assessed:
        message = f"`{context.actor}` assessed candidates of this sitting and may not {act} on them"
        used.append(_excepted(context, Separation.ASSESSOR_DECIDES, at, message, hint))
    trained = [candidate.id for candidate in sitting.candidates if context.actor in candidate.trainers]
    if trained:
        message = f"`{context.actor}` trained {len(trained)} of these candidates and may not {act} on them"
        used.append(_excepted(context, Separation.TRAINER_DECIDES, at, message, hint))
    declared = load_declarations(connection, sitting.id)
    if any(one.person == context.actor and one.candidate is not None for one in declared):
        raise Refused(
            f"`{context.actor}` declared a conflict of interest with a candidate of this sitting and may not {act}",
            hint=hint,
            code="result/conflict-decides",
        )
    return tuple(used)


def demand_approver(context: Context, approver: str, own: str, *, code: str) -> None:
    """Refuse an approver who is the one who acts, or may not approve.

    Args:
        own: what is said to whoever names themselves, and ``code`` its code.

    Raises:
        Refused: with the code of the rule.
    """
    if approver == context.actor:
        raise Refused(own, hint="name that person with `--approver ID`", code=code)
    people = context.workspace.config.people
    if people and not any(one.id == approver and "approver" in one.roles for one in people):
        holders = ", ".join(one.id for one in people if "approver" in one.roles) or "nobody yet"
        raise Refused(
            f"`{approver}` is not an approver of this workspace",
            hint=f"name somebody who is (there is: {holders})",
            code="role/missing",
        )


def write_exceptions(
    context: Context,
    connection: Connection,
    sitting_id: str,
    act: str,
    used: Sequence[SeparationException],
    at: datetime,
) -> None:
    """Write down each exception that an act of a sitting needed."""
    for one in used:
        context.write_act(
            connection,
            at,
            ACTION,
            sitting_id,
            act=act,
            separation=one.separation.value,
            reason=one.reason,
            agreed_by=one.agreed_by,
            until=one.until.isoformat(),
        )


def exceptions_used(connection: Connection, sitting_id: str) -> tuple[audit.Act, ...]:
    """Every use of an exception in a sitting, oldest first."""
    return audit.acts_on(connection, ACTION, sitting_id)


def exception_words(act: audit.Act) -> str:
    """One use of an exception in one line."""
    said = act.details
    return (
        f"{said['separation']}: {act.actor} may {said['act']} until {said['until']}, "
        f"agreed by {said['agreed_by']}: {said['reason']}"
    )


def exceptions_behind(used: Sequence[audit.Act], record: DecisionRecord, candidate: Candidate) -> tuple[Text, ...]:
    """What a candidate is told of the exceptions by which the own result was decided and approved; it names nobody."""
    made = {
        ("decide", record.decided_at, record.decided_by),
        ("approve", record.approved_at, record.approved_by),
    }
    return tuple(
        Text.of(
            zh=f"{_DID[str(act.details['act'])].best('zh')}{_WHO[separation].best('zh')}，"
            f"系经他人同意的例外（至 {act.details['until']}）：{act.details['reason']}",
            en=f"{_DID[str(act.details['act'])].best('en')} {_WHO[separation].best('en')}, by an exception that "
            f"another person agreed to, until {act.details['until']}: {act.details['reason']}",
        )
        for act in used
        if (act.details["act"], act.at, act.actor) in made
        for separation in [Separation(str(act.details["separation"]))]
        if separation is not Separation.TRAINER_DECIDES or act.actor in candidate.trainers
    )


def _excepted(context: Context, separation: Separation, at: datetime, message: str, hint: str) -> SeparationException:
    today = at.astimezone(civil_zone(context)).date()
    for one in context.workspace.config.exceptions:
        if one.holds(context.actor, separation, today):
            return one
    raise Refused(message, hint=hint, code=_CODES[separation])
