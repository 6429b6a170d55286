"""A scheme's files: totals that add up, words that name something, and one finding for one slip."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.errors import NotFound, Severity
from certengine.model.scheme import PracticalComponent, WrittenComponent
from certengine.workspace.scheme_files import read_scheme

GOOD = Path(__file__).parents[1] / "services" / "academy"
RULE = "{all: [{component: theory, at_least: 60}, {component: bench, at_least: 60}, {no_veto: bench}]}"


@pytest.fixture
def academy(tmp_path: Path) -> Path:
    """A copy of a sound scheme."""
    return Path(shutil.copytree(GOOD, tmp_path / "academy"))


def found_after(academy: Path, file: str, old: str, new: str) -> list[str]:
    """What is found after one text was changed, as shown to people."""
    path = academy / "rubrics/small-l3" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, findings = read_scheme(academy / "rubrics" / "small-l3", academy / "rubrics" / "small-l3")
    return [str(one) for one in findings]


def test_a_sound_scheme_is_read_whole() -> None:
    """Both components with their parts, numbers exact."""
    scheme, findings = read_scheme(GOOD / "rubrics/small-l3", GOOD)
    assert findings == ()
    assert [type(component) for component in scheme.components] == [WrittenComponent, PracticalComponent]
    assert scheme.practical[0].tasks[0].aspect("M1").rule.bands[0].at_most == Decimal("0.05")


def test_a_folder_without_scheme_file_is_none(tmp_path: Path) -> None:
    """The answer names the file."""
    with pytest.raises(NotFound, match=r"scheme\.yaml"):
        read_scheme(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            "    total: 100\n    sections",
            "    total: 105\n    sections",
            "scheme.yaml:13:12: the sections of `theory` have 100 marks together, the component 105 [scheme/total]",
        ),
        (
            "kind: true_false\n        marks: 10",
            "kind: true_false\n        marks: 10\n        policy: proportionel",
            "scheme.yaml:24:17: `proportionel` is not a policy of true_false [scheme/unknown-policy]",
        ),
        (
            "kind: true_false\n        marks: 10",
            "kind: true_false\n        marks: 10\n        marking: {second_one_in: 0, spread: 2}",
            "scheme.yaml:24:34: `second_one_in` is 1 or more, given: 0 [scheme/marking]",
        ),
        (
            "kind: true_false\n        marks: 10",
            "kind: true_false\n        marks: 10\n        marking: {near_cut: -1}",
            "scheme.yaml:24:29: `near_cut` is 0 or more, given: -1 [scheme/marking]",
        ),
        (
            "kind: true_false\n        marks: 10",
            "kind: true_false\n        marks: 10\n        marking: {second_one_in: 1, spread: -2}",
            "scheme.yaml:24:45: `spread` is 0 or more, given: -2 [scheme/marking]",
        ),
        (
            "kind: numeric",
            "kind: numerik",
            "scheme.yaml:32:15: `numerik` is not a kind of item; did you mean `numeric`? [scheme/unknown-kind]",
        ),
        (
            "kind: practical",
            "kind: practice",
            "scheme.yaml:36:11: a component is `written` or `practical`, given: `practice` [scheme/unknown-kind]",
        ),
        (
            "tasks: [T-1]",
            "tasks: [T-2]",
            "scheme.yaml:39:13: task `T-2` is not in `tasks/`; did you mean `T-1`? [scheme/unknown-task]",
        ),
        ("tasks: [T-1]", "tasks: []", "scheme.yaml:39:12: `bench` has no task [scheme/no-tasks]"),
        ("assessors: 3", "assessors: 4", "scheme.yaml:40:24: a panel is odd, given: 4 [scheme/panel]"),
        (
            "veto_votes: 2",
            "veto_votes: 2, trim: 1",
            "scheme.yaml:40:84: of 3 marks 1 cannot be left out at either end of a trimmed mean [scheme/trim]",
        ),
        (
            "combine: mean, judgement_spread: 1, veto_votes: 2",
            "combine: trimmed_mean, trim: 2, veto_votes: 2",
            "scheme.yaml:40:56: of 3 marks 2 cannot be left out at either end of a trimmed mean [scheme/trim]",
        ),
        (
            "assessors: 3, combine: mean, judgement_spread: 1, veto_votes: 2",
            "assessors: 1, combine: trimmed_mean, veto_votes: 1",
            "scheme.yaml:40:36: a trimmed mean leaves the highest and the lowest out, a panel of 1 has no more [scheme/trim]",
        ),
        ("combine: mean", "combine: trimmed_mean", None),
        ("veto_votes: 2", "veto_votes: 4", "scheme.yaml:40:75: 1 to 3 votes uphold a veto [scheme/veto-votes]"),
        (
            "component: theory, at",
            "component: theorie, at",
            (
                "scheme.yaml:41:35: `theorie` is not a component of this scheme; did you mean `theory`? "
                "[scheme/unknown-component]"
            ),
        ),
        (
            "no_veto: bench",
            "no_veto: benches",
            (
                "scheme.yaml:41:102: `benches` is not a component of this scheme; did you mean `bench`? "
                "[scheme/unknown-component]"
            ),
        ),
        (
            "at_least: 60",
            "at_least: 101",
            "scheme.yaml:41:53: the threshold lies outside the marks, 0 to 100 [scheme/threshold]",
        ),
        (
            RULE,
            "{some: 3, of: [{component: theory, at_least: 60}, {no_veto: bench}]}",
            "scheme.yaml:41:23: of 2 rules 1 to 2 can be asked for [scheme/threshold]",
        ),
        (
            RULE,
            "{some: 1, of: []}",
            "scheme.yaml:41:16: `of` without rules would pass nobody or everybody [scheme/empty-rule]",
        ),
        (
            RULE,
            "{weighted: {theory: 0, bench: 60}, at_least: 50}",
            "scheme.yaml:41:27: a weighted mean needs components with weights above 0 [scheme/weights]",
        ),
        (
            RULE,
            "{weighted: {theory: 40, bench: 60}, at_least: 101}",
            "scheme.yaml:41:62: a weighted mean is compared in percent, 0 to 100 [scheme/threshold]",
        ),
        (
            RULE,
            "{weighted: {theory: 40, branch: 60}, at_least: 50}",
            (
                "scheme.yaml:41:48: `branch` is not a component of this scheme; did you mean `bench`? "
                "[scheme/unknown-component]"
            ),
        ),
        (
            RULE,
            "{every_aspect: theory}",
            "scheme.yaml:41:31: `theory` is no practical component and has no aspects [scheme/not-practical]",
        ),
        (
            RULE,
            "{every_aspect: bench, share: 1.2}",
            "scheme.yaml:41:45: the share of an aspect lies between 0 and 1 [scheme/threshold]",
        ),
        (
            RULE,
            "{component: theory, at_least: 5, part: singel}",
            "scheme.yaml:41:55: `singel` is no part of `theory`; did you mean `single`? [scheme/unknown-part]",
        ),
        (
            RULE,
            "{component: bench, at_least: 500, part: G1}",
            "scheme.yaml:41:45: the threshold lies outside the marks, 0 to 100 [scheme/threshold]",
        ),
        (
            RULE,
            "{supplements: [{component: theory, by: theory, weights: [2, 1]}], rule: {component: theory, at_least: 60}}",
            ("scheme.yaml:41:31: a supplement is another component, with two weights above 0 [scheme/supplement]"),
        ),
        (
            RULE,
            "{supplements: [{component: theory, by: bench, weights: [2, 1], below: 101}], rule: {component: theory, at_least: 60}}",
            "scheme.yaml:41:86: `below` lies outside the marks, 0 to 100 [scheme/threshold]",
        ),
        (
            RULE,
            "{supplements: [], rule: {component: theory, at_least: 60}}",
            "scheme.yaml:41:30: `supplements` names none [scheme/supplement]",
        ),
        (
            RULE,
            "{supplements: [{component: theory, by: bench, weights: [2, 1]}], rule: {component: theory}}",
            "scheme.yaml:41:87: `at_least` is missing [scheme/missing-field]",
        ),
        (
            RULE,
            "{all: []}",
            "scheme.yaml:41:16: `all` without rules would pass nobody or everybody [scheme/empty-rule]",
        ),
        (
            RULE,
            "{component: theory, at_least: 60, no_veto: bench}",
            (
                "scheme.yaml:41:16: a rule of the pass standard has exactly one of `all`, `any`, `some`, `supplements`, "
                "`no_veto`, `component`, `weighted`, `every_aspect` [scheme/pass-rule]"
            ),
        ),
        (
            "rounding:",
            "carry_over: [{component: theorie, months: 12}]\nrounding:",
            (
                "scheme.yaml:42:26: `theorie` is not a component of this scheme; did you mean `theory`? "
                "[scheme/unknown-component]"
            ),
        ),
        (
            "rounding:",
            "carry_over: [{component: theory, months: 0}]\nrounding:",
            "scheme.yaml:42:42: `months` is 1 or more, given: 0 [scheme/carry-over]",
        ),
        (
            "rounding:",
            "carry_over: [{component: theory, months: 12}, {component: theory, months: 6}]\nrounding:",
            "scheme.yaml:42:47: `theory` is declared twice [scheme/carry-over]",
        ),
        (
            "rounding:",
            "carry_over: [{component: theory, months: 12, at_least: 101}]\nrounding:",
            "scheme.yaml:42:56: the threshold lies outside the marks, 0 to 100 [scheme/threshold]",
        ),
        (
            f"{RULE}\nrounding:",
            "{weighted: {theory: 1, bench: 1}, at_least: 60}\ncarry_over: [{component: theory, months: 12}]\nrounding:",
            (
                "scheme.yaml:42:14: the pass standard has no rule for `theory` alone that no pass can do without, so nothing "
                "says when it is passed [scheme/carry-over]"
            ),
        ),
        (
            "appeals: {days: 10",
            "appeals: {days: 0",
            "scheme.yaml:49:17: `days` is 1 or more, given: 0 [scheme/appeals]",
        ),
        (
            "rounding:",
            "official_sheet: {columns: []}\nrounding:",
            "scheme.yaml:42:27: a sheet has at least one column [scheme/official-sheet]",
        ),
        (
            "rounding:",
            "official_sheet: {columns: [{heading: A, source: name}, {heading: A, value: x}]}\nrounding:",
            "scheme.yaml:42:27: column `A` stands 2 times [scheme/official-sheet]",
        ),
        (
            "rounding:",
            "official_sheet: {columns: [{heading: A, source: name, value: x}]}\nrounding:",
            ("scheme.yaml:42:28: column `A` has exactly one of `source`, `value` and `given` [scheme/official-sheet]"),
        ),
        (
            "rounding:",
            "official_sheet: {columns: [{heading: A, source: 'score:theorie'}]}\nrounding:",
            (
                "scheme.yaml:42:49: `score:theorie` is no source of a column; did you mean `score:theory`? "
                "[scheme/official-sheet]"
            ),
        ),
        (
            "rounding:",
            "official_sheet: {columns: [{heading: A, source: approved_on, format: 'hh'}]}\nrounding:",
            "scheme.yaml:42:70: `hh` is no format of column `A` [scheme/official-sheet]",
        ),
        (
            "rounding:",
            "retakes: {attempts: 0, wait_days: 3}\nrounding:",
            "scheme.yaml:42:21: `attempts` is 1 or more, given: 0 [scheme/retakes]",
        ),
        (
            "rounding:",
            "retakes: {within_months: 6, wait_days: 3}\nrounding:",
            "scheme.yaml:42:10: `retakes` limits nothing without `attempts` or `wait_days` [scheme/retakes]",
        ),
        (
            "rounding:",
            "retakes: {}\nrounding:",
            "scheme.yaml:42:10: `retakes` limits nothing without `attempts` or `wait_days` [scheme/retakes]",
        ),
        (
            '"S{yy}{level}{serial:04}"',
            '"S{yy}{level}"',
            "scheme.yaml:47:11: a number pattern needs exactly one `{serial:0N}`, got: 0 [scheme/number-pattern]",
        ),
        ("id: bench", "id: theory", None),
        ("minutes: 30", "minutes: 0", "scheme.yaml:12:14: working time must be more than 0 [scheme/minutes]"),
        ("marks: 30", "marks: -30", None),
        (
            "languages: [zh, en]",
            "languages: []",
            "scheme.yaml:6:12: a scheme has at least one language [scheme/no-languages]",
        ),
        (
            "id: small-l3",
            "id: small-l4",
            "scheme.yaml:2:5: scheme `small-l4` stands in the folder `small-l3` [scheme/wrong-folder]",
        ),
        ("format: 1", "format: 3", "scheme.yaml:1:9: format 1 is read here, given: 3 [scheme/format]"),
        ('zh: "小样工", ', "", "scheme.yaml:45:15: no text in `zh` [text/missing-language]"),
        (
            "rounding: {places: 1",
            "rounding: {digits: 1",
            "scheme.yaml:42:12: `digits` is not a field here [scheme/unknown-field]",
        ),
        (
            "minutes: 30",
            "minutes: half",
            "scheme.yaml:12:14: `minutes`: a whole number is due, given: `half` [scheme/wrong-value]",
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_one_slip_in_a_scheme_is_found(academy: Path, old: str, new: str, finding: str | None) -> None:
    """The finding says what and where; a slip that breaks two promises gives one finding for each."""
    found = found_after(academy, "scheme.yaml", old, new)
    if finding is not None:
        assert found == [finding]
    elif new == "combine: trimmed_mean":
        assert found == []
    elif old == "id: bench":
        assert "scheme.yaml:8:3: component `theory` stands 2 times [scheme/duplicate-component]" in found
    else:
        assert {one.rsplit("[", 1)[1] for one in found} == {"scheme/empty-section]", "scheme/total]"}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            "total: 100",
            "total: 95",
            "tasks/T-1.yaml:5:8: the aspects have 100 marks together, the task 95: 5 too many [task/total]",
        ),
        ("kind: judgement", "kind: judgment", "`judgment` is not a kind of aspect; did you mean `judgement`?"),
        ("per_fault: 5", "per_fautl: 5", "`per_fautl` is not a field here; did you mean `per_fault`?"),
        ("id: D1", "id: M1", "aspect `M1` stands 2 times [task/duplicate-aspect]"),
        ("marks: 0\n", "marks: 5\n", "a veto carries no marks"),
        ("at_most: 0.05, marks: 40", "at_most: 0.05, marks: 50", "a band earns 0 to 40 marks, this one 50"),
        ('{zh: "优", en: "best"}', "", "a judgement describes 4 levels (0 to 3), this one 3"),
        ("format: 1", "format: 2", "format 1 is read here"),
        (
            "kind: veto\n",
            "kind: veto\n        scope: aspect\n        of: [M2]\n",
            "`V1` speaks of `M2`, which is no other aspect or group of the task [aspect/unknown-reach]",
        ),
        (
            "kind: veto\n",
            "kind: gate\n        of: [V1]\n        at_least: 0.6\n        before: [G1]\n",
            "`V1` speaks of `V1`, which is no other",
        ),
        (
            "kind: veto\n",
            "kind: time\n        per_minute: 0\n        stop: 10\n",
            "a minute over takes off more than 0, this one 0 [aspect/per-minute]",
        ),
    ],
    ids=lambda value: value[:16],
)
def test_one_slip_in_a_task_is_found(academy: Path, old: str, new: str, finding: str) -> None:
    """What is wrong in a task is told beside whatever it makes wrong in the scheme."""
    assert any(finding in one for one in found_after(academy, "tasks/T-1.yaml", old, new))


def test_rounding_has_sensible_places(academy: Path) -> None:
    """A number of places that makes no sense is found in the file, not when marks are rounded."""
    found = found_after(academy, "scheme.yaml", "places: 1", "places: -1")

    assert ["scheme/rounding"] == [one.rsplit("[", 1)[1].rstrip("]") for one in found]


def test_missing_marks_are_told_with_the_difference(academy: Path) -> None:
    """Whoever forgot an aspect reads how many marks it should have had."""
    found = found_after(academy, "tasks/T-1.yaml", "marks: 30\n        per_fault", "marks: 20.5\n        per_fault")
    assert found[-1] == (
        "tasks/T-1.yaml:5:8: the aspects have 90.5 marks together, the task 100: 9.5 missing [task/total]"
    )


@pytest.mark.parametrize("file", ["scheme.yaml", "tasks/T-1.yaml"])
def test_a_file_that_is_a_list_is_no_silence(academy: Path, file: str) -> None:
    """A file of the wrong shape is a finding, never a scheme without errors."""
    (academy / "rubrics/small-l3" / file).write_text("- a\n- b\n")
    _, findings = read_scheme(academy / "rubrics/small-l3", academy)
    assert any(one.code in {"scheme/wrong-value", "task/wrong-value"} for one in findings)


def test_the_bundled_schemes_that_are_whole_hold_no_error() -> None:
    """What ships is an example of a scheme without errors."""
    root = Path(__file__).parents[2]
    _, findings = read_scheme(root / "rubrics/electrician-l3", root)
    assert [str(one) for one in findings if one.severity is Severity.ERROR] == []
