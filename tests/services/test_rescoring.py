"""Correcting keys after the fact: what changes, whom it touches, and who may have it done."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import select

from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.model.key_correction import KeyPolicy
from certengine.model.score import ScoreReport
from certengine.services.analysis import analyse_sitting
from certengine.services.banks import publish_bank
from certengine.services.grading import grade_written
from certengine.services.overview import overview
from certengine.services.rescoring import Rescoring, rescore
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.scripts import load_desk, scored_now
from certengine.services.sittings import load
from certengine.services.standing import ReasonClass, change_standing
from certengine.services.touched import warnings
from certengine.store import gradings, key_corrections
from certengine.store.audit import acts
from certengine.store.tables import written_score
from tests.services.essay_world import ESSAY, WORD, make_essays, mark, points
from tests.services.essay_world import SITTING as ESSAYS
from tests.services.essay_world import graded as graded_essays
from tests.services.small_world import SITTING, STAGES, acting, papers, right_answers, rows_of, write_responses

pytestmark = pytest.mark.slow

At = Callable[[str], Path]
APPROVER = "approver"
CURRENT, DROP, FULL, BETTER = (
    KeyPolicy.CURRENT,
    KeyPolicy.DROP,
    KeyPolicy.FULL_CREDIT,
    KeyPolicy.CURRENT_OR_PREVIOUS,
)
CHOICES = ("S1", "S2", "S3")


def edit(root: Path, *changes: tuple[str, str], bank: str = "small") -> None:
    """Publish a version of the bank in which texts of its items are others."""
    file = root / "question_banks" / bank / "items" / "all.yaml"
    words = file.read_text("utf-8")
    for old, new in changes:
        assert old in words
        words = words.replace(old, new)
    file.write_text(words, encoding="utf-8")
    with acting(root) as context:
        publish_bank(context, bank, reason="the key was wrong")


def correct(root: Path, *items: tuple[str, KeyPolicy], sitting: str = SITTING, **options: object) -> Rescoring:
    """A correction asked for by ``admin``."""
    arguments = {"approver": APPROVER, "reason": "misprint"} | options
    with acting(root) as context:
        return rescore(context, sitting, items, **arguments)


def reports(root: Path, sitting: str = SITTING) -> dict[str, ScoreReport]:
    """The written report that counts for each candidate."""
    with acting(root) as context, context.reading() as connection:
        return {report.candidate: report for _, report in gradings.latest_written(connection, sitting)}


def scores(root: Path) -> dict[str, str]:
    """The written scores that count."""
    return {who: str(report.score) for who, report in reports(root).items()}


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    """The findings of a refusal."""
    return [finding.code for finding in error.value.findings]


ALL_WRONG = [(item, CURRENT) for item in (*CHOICES, "R1")]
NEW_KEYS = (("key: a\n", "key: b\n"), ("key: [a, b]", "key: [a, c]"))


def test_dry_run_lists_what_the_run_does_and_writes_nothing(at: At) -> None:
    """The list beforehand is the list of the run itself, but for its number."""
    root = at("issued")
    edit(root, *NEW_KEYS)
    with acting(root) as context:
        before = rows_of(context)
    planned = correct(root, *ALL_WRONG, dry_run=True)
    with acting(root) as context:
        assert rows_of(context) == before
    done = correct(root, *ALL_WRONG)

    assert planned.run is None
    assert (planned.marks, planned.scores, planned.decide_anew) == (done.marks, done.scores, done.decide_anew)
    assert (planned.certificates, planned.papers) == (done.certificates, 6)
    assert {(one.candidate, one.before, one.after) for one in done.scores} == {
        (who, "100", str(report.score)) for who, report in reports(root).items() if who != "C4"
    }


def test_everybody_touched_is_named(at: At) -> None:
    """Marks by position, scores, decisions that flip, certificates with what to do; the blank sheet changes in nothing."""
    root = at("issued")
    edit(root, *NEW_KEYS)
    done = correct(root, *ALL_WRONG)
    wrong = {who: sum(one.candidate == who for one in done.marks) for who in ("C1", "C2", "C3", "C4", "C5", "C6")}
    flips = {one.candidate: one.after for one in done.decide_anew if one.flips}

    assert wrong["C4"] == 0
    assert scores(root) == {who: f"{100 - 20 * count}" if who != "C4" else "0" for who, count in wrong.items()}
    assert all((one.before, one.after) == (20, 0) for one in done.marks)
    # C4 and C5 had failed already; C6 waits for the practical, and fails now whatever that brings.
    assert flips == {who: "failed" for who in ("C1", "C2", "C3", "C6") if wrong[who] > 2}
    assert {one.candidate for one in done.decide_anew} == {"C1", "C2", "C3", "C5", "C6"}
    assert [one.candidate for one in done.certificates] == ["C1", "C2", "C3"]
    assert {one.candidate for one in done.certificates if "cert revoke" in one.todo} == set(flips) - {"C6"}
    assert done.deciders == ("decider",)


def test_earlier_results_stay_and_the_record_names_the_key(at: At) -> None:
    """The superseded report is kept; the new one names run and key version, and so does the trail."""
    root = at("graded")
    edit(root, *NEW_KEYS)
    done = correct(root, ("R1", CURRENT))
    with acting(root) as context, context.reading() as connection:
        kept = connection.execute(select(written_score)).all()
        (written,) = key_corrections.load_key_corrections(connection, SITTING)
        latest = acts(connection, 1)[0]
    score = next(one for one in reports(root)["C1"].items if one.item == "R1")

    assert len(kept) == 12
    assert (score.correction, score.key) == (done.run, "small@2")
    assert (written.requested_by, written.approved_by, written.reason) == ("admin", APPROVER, "misprint")
    assert (latest.action, latest.actor, latest.details["approved_by"]) == ("grade.rescore", "admin", APPROVER)
    assert latest.details["items"] == ["R1 current"]


def test_asked_twice_changes_nothing(at: At) -> None:
    """The second time names the run that did it; a bank version with the same key is the same correction."""
    root = at("graded")
    edit(root, *NEW_KEYS)
    first = correct(root, ("R1", CURRENT), ("T1", DROP))
    edit(root, ("Lock out before servicing.", "Lock out before servicing!"))
    with acting(root) as context:
        before = rows_of(context)
        again = rescore(context, SITTING, [("T1", DROP), ("R1", CURRENT)], approver=APPROVER, reason="again")
        assert rows_of(context) == before

    assert (again.run, again.repeated, again.marks) == (None, first.run, ())


def test_corrected_twice_in_a_row(at: At) -> None:
    """A second correction counts on top of the first: by its own policy, and by what counted before."""
    root = at("graded")
    edit(root, *NEW_KEYS)
    correct(root, ("R1", CURRENT))
    assert scores(root)["C1"] == "80"
    correct(root, ("R1", FULL))
    assert (scores(root)["C1"], scores(root)["C4"]) == ("100", "20")
    edit(root, ("key: [a, c]", "key: [b, c]"))
    back = correct(root, ("R1", CURRENT))

    assert (scores(root)["C1"], scores(root)["C4"]) == ("80", "0")
    assert {(one.before, one.after) for one in back.marks} == {(20, 0)}
    correct(root, ("R1", CURRENT), bank=("small", 1))
    assert scores(root)["C1"] == "100"


def test_what_is_graded_later_goes_by_the_corrected_key(at: At) -> None:
    """A sheet that comes in after the correction is scored by it, also when it was read before."""
    root = at("sealed")
    edit(root, *NEW_KEYS)
    with acting(root) as context:
        right = right_answers(context)
        ids = {one.candidate: one.id for one in papers(context)}
        early = write_responses(root / "early.csv", [("C1", ids["C1"], right[ids["C1"]])])
        late = write_responses(root / "late.csv", [("C2", ids["C2"], right[ids["C2"]])])
        grade_written(context, SITTING, [early])
        loaded = load(context, SITTING)
        with context.reading() as connection:
            old_desk = load_desk(connection, loaded)
    correct(root, ("R1", CURRENT))
    with acting(root) as context:
        grade_written(context, SITTING, [late])
        with context.reading() as connection:
            latest = gradings.latest_written(connection, SITTING)
            by_id = {one.id: one for one in papers(context)}
            stale = [(sheet, old_desk.score(by_id[sheet.paper], sheet)) for sheet, _ in latest]
            assert scored_now(connection, old_desk, by_id, stale) == [*latest]

    assert scores(root) == {"C1": "80", "C2": "80"}


def test_new_decision_supersedes_and_certificates_are_warned_of(at: At) -> None:
    """Deciding anew is next, then revoking; once that is done nobody is warned any more."""
    root = at("issued")
    edit(root, *NEW_KEYS)
    lost = {one.candidate for one in correct(root, *ALL_WRONG).decide_anew if one.flips and one.before == "passed"}
    assert lost
    with acting(root) as context:
        assert overview(context).next_command == f"certengine result decide {SITTING}"
        assert warnings(context) == ()
    with acting(root, "decider") as context:
        run, _ = decide_sitting(context, SITTING)
        assert run.new == 5
    with acting(root, APPROVER) as context:
        approve_sitting(context, SITTING)
        touched = {one.candidate: one for one in warnings(context, SITTING)}
        assert {who for who, one in touched.items() if one.now == "failed"} == lost
        assert set(touched) == {"C1", "C2", "C3"}
        line = next(one.text for one in overview(context).lines if one.what == "sitting")
        assert "3 certificates rest on superseded decisions" in line
        for who in lost:
            assert (overview(context).next_command or "").startswith("certengine cert revoke ")
            change_standing(context, touched[who].number, "revoked", reason=ReasonClass.ERROR)
        assert {one.candidate for one in warnings(context)} == {"C1", "C2", "C3"} - lost
        assert overview(context).next_command is None


def test_reserved_number_is_given_up_and_pending_suspended(at: At) -> None:
    """What is to be done with a certificate follows from its state and from what the decision would be."""
    root = at("reserved")
    edit(root, *NEW_KEYS)
    done = correct(root, *ALL_WRONG)

    assert {one.state for one in done.certificates} == {"reserved"}
    assert all("cert void" in one.todo for one in done.certificates)


def test_essay_marks_count_on(at: At) -> None:
    """A dropped short answer takes nothing from what people gave an essay; a dropped essay waits for nobody."""
    root = make_essays(at("workspace"))
    graded_essays(root)
    mark(root, "a2", lambda _row: points(1, 4, 2))
    assert reports(root, ESSAYS)["C1"].exact == 4 + 4 + 24
    correct(root, (WORD, DROP), sitting=ESSAYS)
    assert reports(root, ESSAYS)["C1"].exact == Fraction((4 + 24) * 40, 36)
    correct(root, (ESSAY, DROP), (WORD, FULL), sitting=ESSAYS)

    assert reports(root, ESSAYS)["C1"].exact == 40


class TestRefused:
    """What stands against a correction, all of it at once; nothing is written then."""

    def test_second_person(self, at: At) -> None:
        """Who asks does not approve, and who approves has the role."""
        root = at("graded")
        for approver, code in (("admin", "rescore/same-person"), ("a1", "role/missing")):
            with pytest.raises(Refused) as error:
                correct(root, ("T1", DROP), approver=approver)
            assert error.value.code == code

    def test_names_and_keys(self, at: At) -> None:
        """Unknown items, items named twice, and a key that is the one that counts."""
        root = at("graded")
        with pytest.raises(InputError) as error:
            correct(root, ("S9", DROP), ("R1", CURRENT), ("R1", DROP))

        assert codes(error) == ["rescore/item-twice", "rescore/same-key", "rescore/unknown-item"]

    def test_more_than_the_key_changed(self, at: At) -> None:
        """A version that asks another question gives no key for the one that was asked; one without the item none."""
        root = at("graded")
        edit(root, ("Which are units of length?", "Which are units?"), ("key: [a, b]", "key: [a, c]"))
        with pytest.raises(InputError) as error:
            correct(root, ("R1", CURRENT))
        assert codes(error) == ["rescore/shown-otherwise"]
        edit(root, ('{id: c, text: {zh: "牛顿"', '{id: d, text: {zh: "牛顿"'), ("key: [a, c]", "key: [a, d]"))
        with pytest.raises(InputError) as error:
            correct(root, ("R1", CURRENT))
        assert codes(error) == ["rescore/shown-otherwise"]
        edit(root, ("- id: R1", "- id: R2"))
        with pytest.raises(InputError) as error:
            correct(root, ("R1", CURRENT))
        assert codes(error) == ["rescore/not-in-version"]

    def test_paper_or_compared_section_without_an_item(self, at: At) -> None:
        """A paper keeps an item that counts, and so does a section with a threshold of its own."""
        root = at("graded")
        with pytest.raises(InputError) as error:
            correct(root, *((item, DROP) for item in (*CHOICES, "T1", "R1", "N1")))
        assert codes(error) == ["rescore/nothing-left"]
        assert correct(root, ("T1", DROP), dry_run=True).papers == 6

    def test_compared_section(self, at: At) -> None:
        """The single judgement of a paper is not dropped where the pass standard asks for marks in it."""
        root = at("workspace")
        file = root / "rubrics" / "small-l3" / "scheme.yaml"
        rule = "{component: theory, part: judge, at_least: 1}"
        file.write_text(file.read_text("utf-8").replace("{all: [", f"{{all: [{rule}, "), encoding="utf-8")
        for stage in ("published", "opened", "sealed", "graded"):
            STAGES[stage][1](root)
        with pytest.raises(InputError) as error:
            correct(root, ("T1", DROP))

        assert codes(error) == ["rescore/nothing-left"]

    def test_rubric(self, at: At) -> None:
        """People marked by a rubric: another rubric is no key for what they gave."""
        root = make_essays(at("workspace"))
        graded_essays(root)
        edit(root, ('title: {zh: "绕组", en: "winding"}', 'title: {zh: "定子", en: "stator"}'), bank="essays")
        with pytest.raises(InputError) as error:
            correct(root, (ESSAY, CURRENT), sitting=ESSAYS)

        assert codes(error) == ["rescore/rubric-changed"]

    def test_bank_and_reason(self, at: At) -> None:
        """Another bank, a version never published, and no reason."""
        root = at("graded")
        for bank in (("big", None), ("small", 9)):
            with pytest.raises(NotFound):
                correct(root, ("R1", CURRENT), bank=bank)
        with pytest.raises(UsageError):
            correct(root, ("R1", DROP), reason=" ")


def test_the_item_analysis_names_the_corrected_key(at: At, tmp_path: Path) -> None:
    """After a correction the report's key is the one that marks, and what was right before is a distractor."""
    root = at("approved")
    edit(root, ("    key: a\n", "    key: b\n"))
    correct(root, *((item, CURRENT) for item in CHOICES))
    with acting(root) as context:
        analyse_sitting(context, SITTING, tmp_path)
    (part,) = json.loads((tmp_path / "item-analysis.json").read_text("utf-8"))["written"]
    keys = {one["item"]: [option["option"] for option in one["options"] if option["key"]] for one in part["items"]}

    assert {"S1": ["b"], "S2": ["b"], "S3": ["b"]} == {item: keys[item] for item in CHOICES if item in keys}
