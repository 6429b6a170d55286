"""Appeals: a decision contested, a deadline, another decider, and a superseding decision whatever comes of it.

Invariants (ISO/IEC 17024 9.8: who decides on an appeal did not take part in the decision appealed against):

1. While an appeal is open the candidate is decided on by nobody but whoever settles it.
2. Who settles neither made nor approved the decision, and neither assessed nor trained any candidate of the sitting.
3. An appeal gives no marks. Marks are put right where marks are given - a resolution, a corrected key, an entry made anew -
   and settling decides on the scores that count then. So its outcome follows: the decision changed, or was confirmed.
4. The settlement is a decision of its own, to be approved by another person; the earlier one stays.
5. Where the scheme says for how long one may appeal (``appeals.days`` after the approval, as the result statement prints it),
   a later appeal is refused. What the house itself finds wrong is put right without an appeal.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from certengine.canonical import digest
from certengine.errors import NotFound, Refused, UsageError
from certengine.model.scheme import Scheme
from certengine.model.score import Pending
from certengine.services.context import Context
from certengine.services.enrolment import civil_zone
from certengine.services.rating_rules import counted
from certengine.services.readers import RESULT_READERS
from certengine.services.results import decisions_now, marked_by
from certengine.services.separations import demand_independent, write_exceptions
from certengine.services.sittings import load
from certengine.store import appeals as store
from certengine.store import decisions
from certengine.store.appeals import Appeal, Settlement

#: Days to settle an appeal in, unless another deadline is given.
DAYS = 30


def open_appeal(
    context: Context, sitting_id: str, candidate: str, *, reason: str, deadline: date | None = None
) -> Appeal:
    """Write an appeal down.

    Args:
        deadline: the last day on which it is to be settled; :data:`DAYS` from now when left out.

    Raises:
        NotFound: when there is no such sitting, or no decision on the candidate.
        Refused: when the decision is still pending, the time to appeal is over, or an appeal against it is open.
        UsageError: when no reason is given or the deadline is over.
    """
    context.demand_role("administrator")
    at = context.clock()
    deadline = deadline or at.date() + timedelta(days=DAYS)
    if not reason.strip() or deadline < at.date():
        raise UsageError("an appeal has a reason and a deadline to come", hint="`-m WHY --deadline 2027-06-30`")
    scheme = load(context, sitting_id).scheme
    with context.writing() as connection:
        record = _latest(connection, sitting_id, candidate)
        _demand_in_time(context, scheme, record, at)
        if isinstance(record.decision, Pending):
            raise Refused(
                f"the decision on candidate `{candidate}` is pending: there is nothing to appeal against yet",
                hint=f"`certengine result show {sitting_id} {candidate}` says what is missing",
                code="appeal/pending",
            )
        if candidate in store.open_appeals(connection, sitting_id):
            raise Refused(
                f"an appeal of candidate `{candidate}` is open",
                hint=f"`certengine result appeal list {sitting_id}` shows it",
                code="appeal/open",
            )
        number = store.append_appeal(
            connection,
            sitting_id,
            candidate,
            decision=record.id,
            reason=reason,
            deadline=deadline,
            at=at,
            by=context.actor,
        )
        context.write_act(connection, at, "result.appeal", sitting_id, appeal=number, deadline=deadline.isoformat())
        return next(one for one in store.load_appeals(connection, sitting_id) if one.id == number)


def settle_appeal(
    context: Context, sitting_id: str, candidate: str, *, reason: str, dry_run: bool = False
) -> tuple[Settlement, str]:
    """Decide anew on a candidate whose appeal is open; returns how it ends, and the outcome that counts now.

    Raises:
        NotFound: when there is no such sitting, or no open appeal of the candidate.
        Refused: when the settler took part in the decision, assessed or trained, or something is still open.
        UsageError: when no reason is given.
    """
    context.demand_role("decider")
    if not reason.strip():
        raise UsageError("a settlement has a reason", hint="`-m WHY`")
    loaded = load(context, sitting_id)
    at = context.clock()
    with context.writing() as connection:
        appeal = _open(connection, sitting_id, candidate)
        record = _latest(connection, sitting_id, candidate)
        _demand_another(context, record)
        ratings = counted(connection, sitting_id)
        assessed = marked_by(connection, sitting_id, ratings)
        exceptions = demand_independent(context, connection, loaded.sitting, assessed, "decide", at)
        made, reports = decisions_now(connection, loaded, ratings)
        if isinstance(made[candidate], Pending):
            raise Refused(
                f"the scores of candidate `{candidate}` are open: the appeal cannot be settled on them",
                hint=f"`certengine status` says what is missing; then settle the appeal of {candidate}",
                code="appeal/scores-open",
            )
        outcome = "confirmed" if digest(made[candidate]) == record.digest else "changed"
        if dry_run:
            settled = _settlement(0, outcome, reason, at, context.actor)
            connection.rollback()
            return settled, made[candidate].outcome
        based = {candidate: tuple(reports[candidate].values())}
        decisions.append_decisions(connection, sitting_id, [made[candidate]], based, at=at, by=context.actor)
        number = _latest(connection, sitting_id, candidate).id
        settled = _settlement(number, outcome, reason, at, context.actor)
        store.append_settlement(connection, appeal.id, settled)
        context.write_act(connection, at, "result.decide", sitting_id, decisions=1, digest=digest(made[candidate]))
        write_exceptions(context, connection, sitting_id, "decide", exceptions, at)
        context.write_act(
            connection, at, "result.settle", sitting_id, appeal=appeal.id, decision=number, outcome=outcome
        )
    return settled, made[candidate].outcome


def list_appeals(context: Context, sitting_id: str) -> tuple[Appeal, ...]:
    """The appeals of a sitting, oldest first.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when the role is missing.
    """
    context.demand_role(*RESULT_READERS)
    load(context, sitting_id)
    with context.reading() as connection:
        return store.load_appeals(connection, sitting_id)


def _settlement(decision: int, outcome: str, reason: str, at: datetime, by: str) -> Settlement:
    return Settlement(decision=decision, outcome=outcome, reason=reason, settled_at=at, settled_by=by)


def _latest(connection: Connection, sitting_id: str, candidate: str) -> decisions.DecisionRecord:
    for record in decisions.latest_decisions(connection, sitting_id):
        if record.decision.candidate == candidate:
            return record
    raise NotFound(
        f"sitting `{sitting_id}` has no decision on candidate `{candidate}`",
        hint="`certengine sitting list` shows the sittings, `certengine result show SITTING` its decisions",
    )


def _open(connection: Connection, sitting_id: str, candidate: str) -> Appeal:
    for one in store.load_appeals(connection, sitting_id):
        if one.candidate == candidate and one.settlement is None:
            return one
    raise NotFound(
        f"no appeal of candidate `{candidate}` is open in sitting `{sitting_id}`",
        hint=f"`certengine result appeal open {sitting_id} {candidate} -m WHY` opens one",
        code="appeal/not-found",
    )


def _demand_in_time(context: Context, scheme: Scheme, record: decisions.DecisionRecord, at: datetime) -> None:
    """Days are those of the issuer's civil time; a decision that is not approved yet can be appealed against."""
    if scheme.appeals is None or record.approved_at is None:
        return
    zone = civil_zone(context)
    last = record.approved_at.astimezone(zone).date() + timedelta(days=scheme.appeals.days)
    if at.astimezone(zone).date() > last:
        raise Refused(
            f"candidate `{record.decision.candidate}` could appeal until {last}, {scheme.appeals.days} days after the approval",
            hint="what the house finds wrong itself needs no appeal: correct the key, the reading or the entry, "
            f"then `certengine result decide {record.sitting}`",
            code="appeal/late",
        )


def _demand_another(context: Context, record: decisions.DecisionRecord) -> None:
    if context.actor in {record.decided_by, record.approved_by}:
        raise Refused(
            f"`{context.actor}` took part in the decision appealed against; another decider settles it",
            hint="act as a decider who did not: `--as ID`",
            code="appeal/same-decider",
        )
