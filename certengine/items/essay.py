"""Essay: an answer in sentences that people mark against a rubric.

What the candidate wrote is never judged here. Until a person has given points for every criterion the mark is open;
blank is blank, and needs nobody. The value of a response is the candidate's words, or :data:`ON_SCRIPT` where they
stand on paper; the value of a response that people have marked is their points by criterion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.rubric import WAITS, BestOf, Cap, Criterion, Rubric, check_rubric, points_in, waiting
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented

MAX_LINES = 60
"""Most ruled lines of an answer space: about two pages and a half."""

ON_SCRIPT = "[script]"
"""What a table of responses says where the answer stands on the candidate's script."""

_ON_SCRIPT = frozenset({ON_SCRIPT, "[见答卷]", "[答卷]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EssayContent:
    """A question, room for the answer, and the rubric it is marked against.

    Attributes:
        lines: ruled lines of the answer space.
        points: full points of the rubric; a section's marks are shared out by them.
        best_of: choices among criteria: only the best so many count.
        caps: what the answer earns at most unless a criterion is met.
        model_answer: a good answer, for the marker.
    """

    stem: Text
    lines: int
    points: int
    criteria: tuple[Criterion, ...]
    best_of: tuple[BestOf, ...] = ()
    caps: tuple[Cap, ...] = ()
    model_answer: Text


class Essay:
    """The kind ``essay``."""

    id: ClassVar[str] = "essay"
    title: ClassVar[Text] = Text.of(zh="论述题", en="Essay")
    content_type: ClassVar[type] = EssayContent
    policies: ClassVar[tuple[str, ...]] = ("rubric",)

    def check(self, content: EssayContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Room to answer in, and a rubric that holds together."""
        if not 1 <= content.lines <= MAX_LINES:
            yield Problem(
                code="item/lines",
                message=f"an answer space has 1 to {MAX_LINES} lines, given: {content.lines}",
                path=("lines",),
                hint="a line holds about 25 Chinese characters or 12 English words",
            )
        yield from check_rubric(essay_rubric(content))

    def vary(self, content: EssayContent, draw: Draw) -> Variant:
        """Nothing varies."""
        return {}

    def present(self, content: EssayContent, variant: Variant) -> Presented:
        """The stem, and how many lines there are to write on."""
        return Presented(stem=content.stem, answer_form=AnswerForm.ESSAY, lines=content.lines)

    def answer(self, content: EssayContent, variant: Variant) -> str:
        """The model answer in one language; a marking guide prints it in all, with the rubric."""
        return content.model_answer.best("zh", "en")

    def rubric(self, content: EssayContent, policy: str) -> Rubric:
        """What people mark it against."""
        return essay_rubric(content)

    def parse(self, content: EssayContent, variant: Variant, raw: str) -> Reading:
        """The text as written, its lines kept; signs without a letter or digit among them are unreadable."""
        written = "\n".join(line.rstrip() for line in raw.strip().splitlines())
        if not written:
            return Reading(state=ResponseState.BLANK)
        if written in _ON_SCRIPT:
            return Reading(state=ResponseState.GIVEN, value=ON_SCRIPT)
        if not any(character.isalnum() for character in written):
            return Reading(state=ResponseState.UNREADABLE)
        return Reading(state=ResponseState.GIVEN, value=written)

    def mark(self, content: EssayContent, variant: Variant, value: Json, policy: str) -> Mark:
        """The points people gave, counted by the rubric; open while the value is still the candidate's words."""
        points = points_in(value)
        return waiting(WAITS) if points is None else essay_rubric(content).mark(points)

    def samples(self) -> tuple[Sample, ...]:
        """An answer that waits, and what it earns by the points people gave: any four of five checks, capped."""
        full = {"dead": 1, "winding": 2, "earth": 2, "resolver": 2, "bridge": 2, "rotor": 2}
        given, blank, unreadable = ResponseState.GIVEN, ResponseState.BLANK, ResponseState.UNREADABLE
        words = "先下电验电，再测三相绕组电阻是否平衡。"
        cases = (
            ("waits", words, given, "0", None),
            ("waits-on-script", "[见答卷]", given, "0", None),
            ("right", words, given, "1", full | {"rotor": 0}),
            ("more-than-asked", words, given, "1", full),
            ("capped", words, given, "1/2", full | {"dead": 0}),
            ("half", words, given, "1/2", full | {"resolver": 1, "bridge": 1, "rotor": 0, "earth": 0}),
            ("wrong", words, given, "0", dict.fromkeys(full, 0)),
            ("blank", "　", blank, None, None),
            ("unreadable", "……", unreadable, None, None),
        )
        return tuple(
            Sample(
                name=name,
                content=_SAMPLE,
                variant={},
                raw=raw,
                policy="rubric",
                state=state,
                share=share,
                points=points,
            )
            for name, raw, state, share, points in cases
        )


def essay_rubric(content: EssayContent) -> Rubric:
    """The rubric of an essay."""
    return Rubric(points=content.points, criteria=content.criteria, best_of=content.best_of, caps=content.caps)


_CHECKS = (
    ("winding", "三相绕组电阻平衡", "winding resistances balanced"),
    ("earth", "绕组对壳绝缘合格", "winding isolation to the housing sound"),
    ("resolver", "旋变阻值和零位正常", "resolver resistance and offset normal"),
    ("bridge", "功率管二极管档正常", "power switches sound on the diode range"),
    ("rotor", "转子转动灵活", "rotor turns freely"),
)
_SAMPLE = EssayContent(
    stem=Text.of(
        zh="永磁电机驱动一起动即过流。按安全顺序写出四项检查，并写明正常结果。",
        en="A permanent-magnet drive trips on over-current at start. Write four checks in a safe order with the "
        "results to expect.",
    ),
    lines=14,
    points=8,
    criteria=(
        Criterion(id="dead", title=Text.of(zh="先下电并验电", en="isolates and proves dead first"), marks=0),
        *(
            Criterion(
                id=name,
                title=Text.of(zh=zh, en=en),
                marks=2,
                levels=(
                    Text.of(zh="未写", en="not named"),
                    Text.of(zh="只写检查", en="the check alone"),
                    Text.of(zh="检查与正常结果", en="the check and the result to expect"),
                ),
            )
            for name, zh, en in _CHECKS
        ),
    ),
    best_of=(BestOf(criteria=tuple(name for name, _, _ in _CHECKS), count=4),),
    caps=(Cap(at_most=4, unless="dead"),),
    model_answer=Text.of(
        zh="下电、上锁、验电后：测三相绕组电阻，应平衡；测绕组对壳绝缘，应合格；测旋变阻值和零位，应正常；"
        "用二极管档测功率管，应无短路。",
        en="After isolating, locking and proving dead: winding resistances are balanced; isolation to the housing is "
        "sound; resolver resistance and offset are normal; the diode range shows no shorted switch.",
    ),
)
