"""The scripts of a sitting: which answers wait for people, under which codes, and what papers earn with what people gave.

Invariants:

1. A script's code and the lot for second markers follow from a secret of the sitting that is drawn when the first marking
   sheet is asked for and never told: not even the revealed seed of the draw leads from a paper to a code.
2. Points count for the answer they were given for: when a paper is graded again with another answer there, they do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection

from certengine.assembly.keyed import SEED_BYTES, KeyedDraw
from certengine.canonical import digest
from certengine.items import kind_of
from certengine.items.rubric import rubric_of
from certengine.model.marking import ScriptMark
from certengine.model.scheme import STIMULUS_SET, WrittenComponent
from certengine.model.score import ScoreReport
from certengine.model.sitting import Paper, Response, ResponseSheet
from certengine.scoring.marked_papers import Script, cuts_of, scripts_on, standings_on
from certengine.scoring.marking import Standing
from certengine.scoring.written import score_written
from certengine.services.context import Context
from certengine.services.corrected_keys import Corrections, corrections_in_force
from certengine.services.enrolment import civil_zone
from certengine.services.sittings import LoadedSitting
from certengine.store import gradings, script_marks
from certengine.store import sittings as store
from certengine.store.bench import load_declarations
from certengine.store.key_corrections import load_key_corrections


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a sitting's markers have given so far.

    Attributes:
        key: the secret behind codes and lots; ``None`` before the first marking sheet.
        marks: entries by paper and position, oldest first.
        corrections: of keys, by bank and item; every paper is scored with them.
    """

    loaded: LoadedSitting
    key: bytes | None
    marks: dict[tuple[str, int], list[ScriptMark]]
    people: frozenset[str]
    cuts: Mapping[str, frozenset[Decimal]] = field(default_factory=dict)
    corrections: Corrections = field(default_factory=dict)

    def code(self, paper: str, position: int) -> str:
        """The code that stands for one answer: 50 bits, which also put the answers in an order of their own."""
        letters = self._draw(paper, position).letters("code", 10)
        return f"{letters[:5]}-{letters[5:]}"

    def share(self, paper: str, position: int, of: int) -> int:
        """Which of so many markers an answer falls to when the first marking is divided: 1 to ``of``, by lot."""
        return self._draw(paper, position).below("share", of) + 1

    def scripts(self, paper: Paper, sheet: ResponseSheet) -> tuple[Script, ...]:
        """The answers of a paper that people mark."""
        component = self._component(paper)
        if component.id not in self.people:
            return ()
        bank = self.loaded.banks[component.bank]
        return scripts_on(paper, sheet, component, bank, corrections=self.corrections.get(component.bank))

    def standings(self, paper: Paper, sheet: ResponseSheet) -> dict[int, Standing]:
        """How far each of them has come."""
        component = self._component(paper)
        if component.id not in self.people:
            return {}
        return standings_on(
            paper,
            sheet,
            component,
            self.loaded.banks[component.bank],
            marks={one.position: self.given(paper.id, one) for one in sheet.responses},
            by_lot=self._by_lot(paper, component),
            cuts=self.cuts[component.id],
            corrections=self.corrections.get(component.bank),
        )

    def score(self, paper: Paper, sheet: ResponseSheet) -> ScoreReport:
        """What a paper earns with what people gave, by the keys in force."""
        component = self._component(paper)
        return score_written(
            paper,
            sheet,
            component,
            self.loaded.banks[component.bank],
            self.loaded.scheme.rounding,
            standings=self.standings(paper, sheet),
            corrections=self.corrections.get(component.bank),
        )

    def given(self, paper: str, response: Response) -> tuple[ScriptMark, ...]:
        """The entries on one answer as it reads now, oldest first."""
        entries = self.marks.get((paper, response.position), ())
        return tuple(mark for mark in entries if mark.answer == answer_digest(response)) if entries else ()

    def _component(self, paper: Paper) -> WrittenComponent:
        return next(one for one in self.loaded.scheme.written if one.id == paper.component)

    def _by_lot(self, paper: Paper, component: WrittenComponent) -> frozenset[int]:
        rules = {section.id: section.marking for section in component.sections}
        due = {drawn.position: rules[drawn.section] for drawn in paper.items}
        return frozenset(
            position
            for position, rule in due.items()
            if self.key is not None
            and rule is not None
            and rule.second_one_in is not None
            and self._draw(paper.id, position).below("second", rule.second_one_in) == 0
        )

    def _draw(self, paper: str, position: int) -> KeyedDraw:
        assert self.key is not None
        return KeyedDraw(self.key, ("marking", self.loaded.sitting.id, paper, str(position)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer that people mark, with everything known of it.

    Attributes:
        trainers: of the candidate; they do not mark it.
        conflicted: who declared a conflict of interest with the candidate; nor do they.
    """

    paper: Paper
    sheet: ResponseSheet
    response: Response
    script: Script
    standing: Standing
    trainers: tuple[str, ...]
    conflicted: frozenset[str] = frozenset()

    @property
    def barred(self) -> frozenset[str]:
        """Who does not mark it."""
        return self.conflicted.union(self.trainers)

    @property
    def position(self) -> int:
        """Where on the paper it stands."""
        return self.script.position


def answers_of(connection: Connection, desk: Desk) -> tuple[Answer, ...]:
    """Every answer of a sitting's graded papers that people mark, by candidate and position."""
    sitting = desk.loaded.sitting
    papers = {paper.id: paper for paper in store.load_papers(connection, sitting.id)}
    declared = load_declarations(connection, sitting.id)
    found: list[Answer] = []
    for sheet, _ in gradings.latest_written(connection, sitting.id):
        paper = papers[sheet.paper]
        standings = desk.standings(paper, sheet)
        responses = {response.position: response for response in sheet.responses}
        conflicted = frozenset(one.person for one in declared if one.candidate == paper.candidate)
        found.extend(
            Answer(
                paper=paper,
                sheet=sheet,
                response=responses[script.position],
                script=script,
                standing=standings[script.position],
                trainers=sitting.candidate(paper.candidate).trainers,
                conflicted=conflicted,
            )
            for script in desk.scripts(paper, sheet)
        )
    return tuple(found)


def scored_now(
    connection: Connection,
    desk: Desk,
    papers: Mapping[str, Paper],
    graded: Sequence[tuple[ResponseSheet, ScoreReport]],
) -> Sequence[tuple[ResponseSheet, ScoreReport]]:
    """Scores with all that counts until this transaction: two runs at once must not undo each other's marks.

    What people gave and corrections of keys may have come in since the desk was laid out.
    """
    corrected = len(load_key_corrections(connection, desk.loaded.sitting.id))
    known = sum(len(chain) for items in desk.corrections.values() for chain in items.values())
    if not desk.people and corrected == known:
        return graded
    now = load_desk(connection, desk.loaded)
    return [(sheet, now.score(papers[sheet.paper], sheet)) for sheet, _ in graded]


def why_not_mark(context: Context, marker: str, scheme: str) -> tuple[str, str, str] | None:
    """Why somebody marks nothing of a scheme: code, message, hint; a workspace that declares nobody asks for nothing.

    Whoever declares what he or she is qualified for marks within that, as at the bench.
    """
    people = context.workspace.config.people
    person = next((one for one in people if one.id == marker), None)
    if people and (person is None or "assessor" not in person.roles):
        message = f"`{marker}` is not an assessor of this workspace"
        return "marking/not-a-marker", message, "add the person with the role `assessor` in certengine.toml"
    today = context.clock().astimezone(civil_zone(context)).date()
    if person is not None and person.may_assess(scheme, today) is False:
        message = f"`{marker}` is not qualified to assess `{scheme}` on {today}"
        return (
            "marking/not-qualified",
            message,
            "have another marker mark, or declare the qualification in certengine.toml",
        )
    return None


def load_desk(connection: Connection, loaded: LoadedSitting) -> Desk:
    """A sitting's desk as it stands."""
    key = script_marks.load_marking_key(connection, loaded.sitting.id)
    given = script_marks.load_script_marks(connection, loaded.sitting.id)
    return desk_of(loaded, key, given, corrections_in_force(connection, loaded.sitting.id))


def desk_of(
    loaded: LoadedSitting, key: bytes | None, given: Sequence[ScriptMark], corrections: Corrections | None = None
) -> Desk:
    """A desk with these entries, oldest first, and these corrections of keys."""
    marks: dict[tuple[str, int], list[ScriptMark]] = {}
    for mark in given:
        marks.setdefault((mark.paper, mark.position), []).append(mark)
    return Desk(
        loaded=loaded,
        key=key,
        marks=marks,
        people=frozenset(one.id for one in loaded.scheme.written if _asks_people(one, loaded)),
        cuts={one.id: cuts_of(loaded.scheme.pass_standard, one.id) for one in loaded.scheme.written},
        corrections=corrections or {},
    )


def marking_key(context: Context, connection: Connection, sitting_id: str) -> bytes:
    """The secret behind a sitting's script codes, drawn and kept when it is asked for first."""
    key = script_marks.load_marking_key(connection, sitting_id)
    if key is None:
        key = context.entropy(SEED_BYTES)
        script_marks.append_marking_key(connection, sitting_id, key)
    return key


def answer_digest(response: Response) -> str:
    """The digest of an answer as its kind read it."""
    return digest(response.value)


def _asks_people(component: WrittenComponent, loaded: LoadedSitting) -> bool:
    """Whether some item of a component's sections may be marked by people."""
    return any(
        rubric_of(kind_of(item.kind), item.content, section.policy) is not None
        for section in component.sections
        for item in loaded.banks[component.bank].contents.items
        if section.kind in {item.kind, STIMULUS_SET}
    )
