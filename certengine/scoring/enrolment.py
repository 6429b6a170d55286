"""Whether a candidate may be enrolled again, and which earlier results count: pure, from what is on record.

1. Each component asked for in ``carry_over`` is one that the scheme lets be carried, and was passed in an earlier sitting
   whose result is approved, not too long ago and not too often before. The newest result that serves is taken.
2. At least one component is left to sit.
3. The sittings since the last pass, within the time the scheme names, are fewer than it allows; one without a decision
   counts, for whoever is enrolled twice at once would never have too many.
4. The days of waiting since the latest decision are over.

What is refused is told all at once, each with a code, a sentence and a way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from certengine.model.earlier import CarriedPart, CarryOver, RetakeRule
from certengine.model.pass_standard import AllOf, AtLeast, EveryAspect, NoVeto, PassRule, WithSupplement
from certengine.model.scheme import Scheme
from certengine.model.score import ScoreReport
from certengine.model.sitting import Candidate
from certengine.scoring.decision import evaluate
from certengine.scoring.periods import last_day, months_later
from certengine.scoring.persons import plain_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One earlier sitting of a scheme by the same person.

    Attributes:
        begun: when the sitting was sealed, or opened.
        decided, approved: days of the latest decision and of its approval; without one, ``None``.
        passed: whether it was a pass; ``None`` while there is no decision, or a pending one.
        reports: what the decision rests on.
    """

    sitting: str
    candidate: Candidate
    begun: date
    decided: date | None = None
    approved: date | None = None
    passed: bool | None = None
    reports: tuple[ScoreReport, ...] = ()

    def report(self, component: str) -> ScoreReport | None:
        """The score on a component that was sat in that sitting, not carried into it."""
        return next((one for one in self.reports if one.component == component and one.carried is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a row of a roster is refused, or (``warning``) looked at."""

    code: str
    message: str
    hint: str
    warning: bool = False


def enrol(
    candidate: Candidate, scheme: Scheme, attempts: Sequence[Attempt], at: date
) -> tuple[Candidate, tuple[Refusal, ...]]:
    """A candidate with the results that are carried over, and everything that speaks against the enrolment.

    Args:
        attempts: earlier sittings of the scheme by the same person, oldest first.
        at: the day of the enrolment, by the issuer's civil time.
    """
    asked, found = _components_asked(candidate, scheme)
    carried: list[CarriedPart] = []
    for rule in asked:
        part, refusal = _carried(rule, scheme, attempts, at)
        if refusal is None:
            assert part is not None
            carried.append(part)
        else:
            found.append(refusal)
    if asked and len(asked) == len(_to_sit(scheme)):
        found.append(
            Refusal(
                code="roster/nothing-to-sit",
                message="every component is carried over, so that nothing is left to sit",
                hint="take one away; what was passed in one sitting is decided there",
            )
        )
    if scheme.retakes is not None:
        found.extend(_retakes(scheme.retakes, attempts, at))
    found.extend(_could_carry(candidate, scheme, attempts, at, [rule.component for rule in asked]))
    others = {one.candidate.id for one in attempts} - {candidate.id}
    enrolled = replace(
        candidate,
        carry_over=tuple(part.component for part in carried) or None,
        carried=tuple(carried) or None,
        known_as=tuple(sorted(others)) or None,
    )
    return enrolled, tuple(found)


def part_passed(rule: CarryOver, scheme: Scheme, report: ScoreReport) -> bool:
    """Whether a component was passed by itself, as the scheme stands now; one of other full marks never was."""
    if report.score is None or Fraction(report.full) != Fraction(scheme.component(rule.component).total):
        return False
    own = [evaluate(one, scheme, {rule.component: report}).holds for one in own_rules(scheme.pass_standard, rule)]
    return bool(own) and all(holds is True for holds in own)


def own_rules(standard: PassRule, rule: CarryOver) -> tuple[PassRule, ...]:
    """The rules that look at a component alone and that no pass can do without, with the carry-over's own threshold."""
    found = tuple(rules_alone(standard, rule.component))
    if rule.at_least is not None:
        return (AtLeast(component=rule.component, at_least=rule.at_least), *found)
    return found


def rules_alone(standard: PassRule, component: str) -> Iterator[PassRule]:
    """The rules that look at one component alone and that no pass can do without."""
    match standard:
        case AllOf():
            for part in standard.all:
                yield from rules_alone(part, component)
        case WithSupplement():
            yield from rules_alone(standard.rule, component)
        case AtLeast(component=one) | EveryAspect(every_aspect=one) | NoVeto(no_veto=one) if one == component:
            yield standard


def _to_sit(scheme: Scheme) -> list[str]:
    return [component.id for component in scheme.components]


def _components_asked(candidate: Candidate, scheme: Scheme) -> tuple[list[CarryOver], list[Refusal]]:
    """The rules of the components that a roster names, by id or title."""
    rules = {rule.component: rule for rule in scheme.carry_over or ()}
    named = {
        plain_name(word): one.id
        for one in scheme.components
        for word in (one.id, *(text for _, text in one.title.by_language))
    }
    asked: dict[str, CarryOver] = {}
    refused: list[Refusal] = []
    for word in candidate.carry_over or ():
        component = named.get(plain_name(word), word)
        if component in rules:
            asked[component] = rules[component]
            continue
        may = ", ".join(rules) or "none"
        refused.append(
            Refusal(
                code="roster/carry-over",
                message=f"`{word}` cannot be carried over in this scheme",
                hint=f"what can be is declared under `carry_over` in the scheme: {may}",
            )
        )
    return list(asked.values()), refused


def _carried(
    rule: CarryOver, scheme: Scheme, attempts: Sequence[Attempt], at: date
) -> tuple[CarriedPart | None, Refusal | None]:
    """The newest earlier result that serves, or why none does."""
    reasons: list[Refusal] = []
    for one in reversed(attempts):
        report = one.report(rule.component)
        if report is None or one.approved is None or one.passed is not False:
            continue
        if not part_passed(rule, scheme, report):
            continue
        until = last_day(one.approved, rule.months)
        used = sum(_rests_on(later, rule.component, one) for later in attempts)
        if at > until:
            reasons.append(
                Refusal(
                    code="roster/carry-expired",
                    message=f"`{rule.component}`, passed in sitting `{one.sitting}`, could be carried over until {until}",
                    hint=f"let the candidate sit `{rule.component}` again",
                )
            )
        elif rule.times is not None and used >= rule.times:
            reasons.append(
                Refusal(
                    code="roster/carry-used-up",
                    message=f"`{rule.component}`, passed in sitting `{one.sitting}`, was carried over {used} times, "
                    f"and the scheme allows {rule.times}",
                    hint=f"let the candidate sit `{rule.component}` again",
                )
            )
        else:
            return CarriedPart(
                component=rule.component, sitting=one.sitting, candidate=one.candidate.id, until=until
            ), None
    nothing = Refusal(
        code="roster/nothing-to-carry",
        message=f"no approved earlier result has `{rule.component}` passed and still open to be carried over",
        hint="correct `carry_over`; where the candidate had another id then, name it in `earlier_id`",
    )
    return None, next(iter(reasons), nothing)


def _rests_on(later: Attempt, component: str, earlier: Attempt) -> bool:
    return any(
        part.component == component and (part.sitting, part.candidate) == (earlier.sitting, earlier.candidate.id)
        for part in later.candidate.carried or ()
    )


def _retakes(rule: RetakeRule, attempts: Sequence[Attempt], at: date) -> Iterator[Refusal]:
    last_pass = max((place for place, one in enumerate(attempts) if one.passed), default=-1)
    since = attempts[last_pass + 1 :]
    begins = months_later(at, -rule.within_months) if rule.within_months is not None else None
    counted = [one for one in since if begins is None or (one.decided or one.begun) > begins]
    if rule.attempts is not None and len(counted) >= rule.attempts:
        within = f" within {rule.within_months} months" if rule.within_months is not None else ""
        again = ""
        if rule.within_months is not None:
            oldest = counted[len(counted) - rule.attempts]
            again = f"; again from {months_later(oldest.decided or oldest.begun, rule.within_months)}"
        yield Refusal(
            code="roster/attempts-used",
            message=f"sat {len(counted)} times without a pass{within} (`{counted[-1].sitting}` last), "
            f"and the scheme allows {rule.attempts}{again}",
            hint="take the row away",
        )
    latest = since[-1] if since else None
    if rule.wait_days is not None and latest is not None:
        free = (latest.decided or latest.begun) + timedelta(days=rule.wait_days)
        if at < free:
            yield Refusal(
                code="roster/too-early",
                message=f"the wait of {rule.wait_days} days after sitting `{latest.sitting}` is over on {free}",
                hint="take the row away, or open the sitting then",
            )


def _could_carry(
    candidate: Candidate, scheme: Scheme, attempts: Sequence[Attempt], at: date, asked: Sequence[str]
) -> Iterator[Refusal]:
    """A passed part that the roster does not ask for: perhaps forgotten, so it is said once before papers are drawn."""
    for rule in scheme.carry_over or ():
        part, _ = _carried(rule, scheme, attempts, at) if rule.component not in asked else (None, None)
        if part is not None:
            yield Refusal(
                code="roster/could-carry",
                message=f"`{rule.component}` was passed in sitting `{part.sitting}` and can be carried over until {part.until}",
                hint=f"write `{rule.component}` in the column `carry_over`, unless the candidate wants to sit it again",
                warning=True,
            )
