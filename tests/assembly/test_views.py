"""What documents may show of a paper: to the candidate everything but the key, and the key apart."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from certengine.assembly.views import figures_shown, key_view, paper_view, presented_stimulus, working_minutes
from certengine.model.bank import Figure, Stimulus
from certengine.model.scheme import STIMULUS_SET
from certengine.model.sitting import Candidate
from certengine.model.view import AnswerForm, PaperView
from tests.simulator import CONTENTS, WORLD, text

PAPER = WORLD.paper()
CANDIDATE = Candidate(id="C1", name="陈晓")


def view(candidate: Candidate = CANDIDATE) -> PaperView:
    """The paper as that candidate sees it."""
    return paper_view(PAPER, WORLD.bank, WORLD.scheme, WORLD.component, candidate, text("an issuer"))


@pytest.mark.parametrize(
    ("share", "minutes", "extra"), [("0", 90, 0), ("0.25", 113, 23), ("0.5", 135, 45), ("0.001", 91, 1)]
)
def test_extra_time_is_rounded_up(share: str, minutes: int, extra: int) -> None:
    """Extra time is a share of the working time, in whole minutes, in favour of the candidate."""
    candidate = replace(CANDIDATE, extra_time=Decimal(share))

    assert (minutes, extra) == working_minutes(WORLD.component, candidate)
    assert (minutes, extra) == (view(candidate).minutes, view(candidate).extra_minutes)


def test_items_stand_at_their_places() -> None:
    """Every drawn item is shown once, in its section and at its position, with its marks."""
    shown = [(one.position, one.marks) for part in view().sections for one in part.items]

    assert [(drawn.position, drawn.marks) for drawn in PAPER.items] == shown
    assert [Decimal(3), Decimal(2), Decimal(1), Decimal(4)] == [part.total for part in view().sections]
    assert Decimal(10) == view().total


def test_each_section_asks_in_its_form() -> None:
    """One bubble, several, or a written number, as the kind of item asks."""
    forms = [{one.presented.answer_form for one in part.items} for part in view().sections]

    assert [
        {AnswerForm.ONE_BUBBLE},
        {AnswerForm.SEVERAL_BUBBLES},
        {AnswerForm.ONE_BUBBLE},
        {AnswerForm.WRITTEN_NUMBER},
    ] == forms


def held(noun: Any) -> set[str]:
    """The names of all fields within a noun."""
    if isinstance(noun, tuple):
        return set().union(*map(held, noun)) if noun else set()
    if not is_dataclass(noun):
        return set()
    return {part.name for part in fields(noun)}.union(*(held(getattr(noun, part.name)) for part in fields(noun)))


def test_candidates_view_holds_no_answer() -> None:
    """Nothing within the view is a key, an answer or an explanation, and other keys give the same view."""
    turned = {"single_choice": "a", "multiple_response": ("d", "e"), "true_false": False, "numeric": "U + I"}
    items = tuple(replace(one, content=replace(CONTENTS[one.kind], key=turned[one.kind])) for one in WORLD.items)
    other = replace(WORLD, items=items)

    assert set() == held(view()) & {"key", "answer", "explanation", "content", "provenance", "variant"}
    assert (
        view().sections
        == paper_view(PAPER, other.bank, other.scheme, other.component, CANDIDATE, text("an issuer")).sections
    )


@pytest.mark.parametrize(
    ("language", "shown"), [("zh", ("zh",)), ("en", ("en",)), (None, ("en", "zh")), ("fr", ("en", "zh"))]
)
def test_language_of_a_candidate(language: str | None, shown: tuple[str, ...]) -> None:
    """A candidate who asked for one of the scheme's languages gets it alone, everyone else all of them."""
    assert shown == view(replace(CANDIDATE, language=language)).languages


def test_line_for_the_inspector() -> None:
    """The foot names bank version, the start of its digest, and the algorithm."""
    assert f"tiny@1 {WORLD.bank.digest[:19]} · certengine-draw/2" == view().verify_line


def test_key_of_a_paper() -> None:
    """The key says for every position which answer is right on this paper."""
    explained = replace(WORLD, items=tuple(replace(one, explanation=text(f"why {one.id}")) for one in WORLD.items))
    key = key_view(PAPER, explained.bank, explained.component)
    entries = [entry for _, part in key.sections for entry in part]

    assert (PAPER.id, "C1") == (key.paper_id, key.candidate_id)
    assert [(drawn.position, drawn.item, drawn.marks) for drawn in PAPER.items] == [
        (entry.position, entry.item, entry.marks) for entry in entries
    ]
    assert [f"why {drawn.item}" for drawn in PAPER.items] == [entry.explanation.best("en") for entry in entries]


def test_the_key_of_an_essay_is_its_rubric() -> None:
    """Beside the number of an essay the key names the rubric, which stands in its marking guide."""
    first = PAPER.items[0].item
    items = tuple(
        replace(one, kind="essay", content=CONTENTS["essay"]) if one.id == first else one for one in WORLD.items
    )
    entry = key_view(PAPER, replace(WORLD, items=items).bank, WORLD.component).sections[0][1][0]

    assert (first, "评分标准 / rubric") == (entry.item, entry.answer)
    assert entry.guide is not None


def test_answers_follow_the_paper() -> None:
    """The right letters are those of this paper's order, the right number that of its parameters."""
    answers = {
        entry.position: entry.answer
        for _, part in key_view(PAPER, WORLD.bank, WORLD.component).sections
        for entry in part
    }
    for drawn in PAPER.items:
        match drawn.section:
            case "single":
                assert "ABCD"[drawn.variant["options"].index("b")] == answers[drawn.position]
            case "multiple":
                places = sorted(drawn.variant["options"].index(one) for one in "abc")
                assert "".join("ABCDE"[place] for place in places) == answers[drawn.position]
            case "judge":
                assert "A √" == answers[drawn.position]
            case _:
                values = drawn.variant["parameters"]
                watts = Decimal(values["U"]) * Decimal(values["I"])
                assert f"{watts.normalize():f} W" == answers[drawn.position]


FIGURE = Figure(file="a.svg", alt=text("a loop"), width=Decimal(40), digest="sha256:" + "0" * 64)
STIMULUS = Stimulus(
    id="loop",
    area="A",
    level="know",
    text=text("read this"),
    figures=(replace(FIGURE, digest="sha256:" + "1" * 64), replace(FIGURE, digest=None)),
)


def view_of_a_set(kind: str) -> PaperView:
    """A paper whose first section has items of one stimulus, each with a figure of its own."""
    first, *others = WORLD.component.sections
    members = {drawn.item for drawn in PAPER.items if drawn.section == first.id}
    items = tuple(
        replace(item, stimulus="loop", figures=(FIGURE,)) if item.id in members else item for item in WORLD.items
    )
    bank = replace(WORLD.bank, contents=replace(WORLD.bank.contents, items=items, stimuli=(STIMULUS,)))
    component = replace(WORLD.component, sections=(replace(first, kind=kind), *others))
    return paper_view(PAPER, bank, WORLD.scheme, component, CANDIDATE, text("an issuer"))


def test_items_of_a_set_show_what_they_refer_to() -> None:
    """Every item of a section of sets has its stimulus, with those figures whose pictures are there; others have none."""
    first, *others = view_of_a_set(STIMULUS_SET).sections

    assert {item.stimulus for item in first.items} == {presented_stimulus(STIMULUS)}
    assert [figure.digest for figure in presented_stimulus(STIMULUS).figures] == ["sha256:" + "1" * 64]
    assert {item.stimulus for part in others for item in part.items} == {None}
    assert {item.stimulus for item in view_of_a_set("single_choice").sections[0].items} == {None}


def test_a_paper_names_the_pictures_it_shows() -> None:
    """Pictures of items and of what they refer to, each once."""
    assert figures_shown(view_of_a_set(STIMULUS_SET)) == {"sha256:" + "0" * 64, "sha256:" + "1" * 64}
    assert figures_shown(view()) == frozenset()
