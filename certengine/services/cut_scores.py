"""Setting a cut score by judges: sheets for each, blind and by number; and what they came to, as a proposal.

Invariants:

1. A study is of one form that candidates share; a sheet shows what a candidate sees, never the key.
2. Judges are numbers. Who J3 is stays with who runs the study.
3. Nothing is computed before every judge of a round has estimated every item, each once and in range; all that is
   lacking is said at once.
4. The pass standard is never written: what comes out is a proposal with its grounds, for people to adopt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from certengine.canonical import decimal_text, digest_of_bytes
from certengine.documents.cut_workbook import write_cut_workbook
from certengine.errors import Finding, InputError, NotFound, Refused, UsageError, first_errors, place_in, plural
from certengine.interchange.cut_sheets import Estimate, headings, once_each, read_cut_sheet
from certengine.interchange.delimited import write_csv
from certengine.items import kind_of
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import Paper
from certengine.model.text import Text
from certengine.scoring.angoff import CutScore, Estimates, cut_score
from certengine.scoring.rounding import round_marks
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.services.written_analysis import cut_of
from certengine.store import sittings as store

MOST_JUDGES = 50
FORMATS = ("xlsx", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """The form a cut score is set for."""

    component: WrittenComponent
    loaded: LoadedSitting
    paper: Paper

    @property
    def marks(self) -> dict[str, Fraction]:
        """Full marks of each item, in the order of the form."""
        return {drawn.item: Fraction(drawn.marks) for drawn in self.paper.items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the judges came to.

    Attributes:
        rounds: by number, oldest first; the last is the proposal.
        proposed: its cut, rounded by the scheme's rule.
        now: the cut in the pass standard of the sitting's scheme, where there is one.
        files: what was written.
    """

    component: str
    full: Decimal
    rounds: tuple[tuple[int, CutScore], ...]
    proposed: Decimal
    now: Decimal | None
    files: tuple[Path, ...]


def write_cut_sheets(
    context: Context,
    sitting_id: str,
    output: Path,
    *,
    judges: int,
    form: str = "xlsx",
    component: str | None = None,
    after: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """A sheet for each judge, ``cut-round-1-J1.xlsx``; returns the files.

    Args:
        form: ``xlsx`` or ``csv``.
        after: sheets of the round before, filled in; then these are of the round after it, each with the judge's own
            estimate and the mean and range of all.

    Raises:
        NotFound: when there is no such sitting or component.
        Refused: when the sitting is not sealed or its papers are not copies of one form.
        InputError: when a sheet of the round before is not complete.
        UsageError: with fewer than two judges, too many, or another form.
    """
    context.demand_role("administrator")
    if form not in FORMATS:
        raise UsageError(f"`{form}` is no form of sheet", hint="write `xlsx` or `csv`")
    if not after and not 2 <= judges <= MOST_JUDGES:
        raise UsageError(f"{judges} judges make no panel", hint=f"from 2 to {MOST_JUDGES}; ten to fifteen are usual")
    study = _study(context, sitting_id, component)
    before = _complete(study, after) if after else {}
    number, estimates = max(before.items()) if before else (0, {})
    names = list(estimates) or [f"J{n}" for n in range(1, judges + 1)]
    columns = headings(later=bool(estimates))
    at = context.clock()
    files = {}
    for judge in names:
        rows = _rows(study, judge, number + 1, estimates)
        data = write_csv(columns, rows) if form == "csv" else write_cut_workbook(columns, rows, at=at)
        files[output / f"cut-round-{number + 1}-{judge}.{form}"] = data
    for path, data in files.items():
        write_whole(path, data, mode=PRIVATE_FILE)
    return tuple(files)


def propose_cut(
    context: Context,
    sitting_id: str,
    sheets: Sequence[Path],
    output: Path | None = None,
    *,
    component: str | None = None,
) -> Proposal:
    """The cut score that the judges of the last round came to.

    With ``output`` writes ``cut-judges.csv``, ``cut-items.csv`` and ``proposal.yaml``, and writes the act down.

    Raises:
        NotFound: when there is no such sitting, component or file.
        Refused: when the sitting is not sealed or its papers are not copies of one form.
        InputError: with all that is lacking or wrong in the sheets.
    """
    context.demand_role("administrator")
    study = _study(context, sitting_id, component)
    rounds = tuple(
        (number, cut_score(estimates, study.marks)) for number, estimates in sorted(_complete(study, sheets).items())
    )
    last = rounds[-1][1]
    proposed = round_marks(last.cut, study.loaded.scheme.rounding)
    found = Proposal(
        component=study.component.id,
        full=study.component.total,
        rounds=rounds,
        proposed=proposed,
        now=cut_of(study.component, study.loaded),
        files=(),
    )
    if output is None:
        return found
    files = {
        output / "cut-judges.csv": _judge_table(rounds),
        output / "cut-items.csv": _item_table(rounds),
        output / "proposal.yaml": _proposal_text(study, found).encode(),
    }
    for path, data in files.items():
        write_whole(path, data, mode=PRIVATE_FILE)
    _write_down(context, sitting_id, found, sheets)
    return Proposal(
        component=found.component,
        full=found.full,
        rounds=rounds,
        proposed=proposed,
        now=found.now,
        files=tuple(files),
    )


def _study(context: Context, sitting_id: str, wanted: str | None) -> Study:
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    shared = [one for one in loaded.scheme.written if wanted in (None, one.id) and one.form_count == 1]
    if wanted is not None and not any(one.id == wanted for one in loaded.scheme.written):
        raise NotFound(
            f"the scheme has no written component `{wanted}`", hint="`certengine scheme show SCHEME` names them"
        )
    if len(shared) != 1:
        raise Refused(
            f"{len(shared)} written components of this sitting have one form that all candidates share; a study takes one",
            hint="name it with `--component`" if shared else "draw a sitting with `forms: one` for the study",
            code="cut/no-shared-form",
        )
    with context.reading() as connection:
        papers = store.load_papers(connection, sitting_id)
    paper = next(paper for paper in papers if paper.component == shared[0].id)
    return Study(component=shared[0], loaded=loaded, paper=paper)


def _rows(study: Study, judge: str, number: int, before: Estimates) -> list[tuple[str, ...]]:
    contents = study.loaded.banks[study.component.bank].contents
    rows = []
    for drawn in study.paper.items:
        item = contents.item(drawn.item)
        presented = kind_of(item.kind).present(item.content, drawn.variant)
        options = "\n".join(f"{one.label}. {_both(one.text, ' / ')}" for one in presented.options)
        given = [own[item.id] for own in before.values()]
        earlier = (
            (
                _percent(before[judge][item.id]),
                _percent(sum(given, Fraction(0)) / len(given)),
                f"{_percent(min(given))}-{_percent(max(given))}",
            )
            if given
            else ()
        )
        own = (judge, str(number), str(drawn.position), item.id, decimal_text(drawn.marks))
        rows.append((*own, _both(presented.stem, "\n"), options, *earlier, "", ""))
    return rows


def _both(text: Text, between: str) -> str:
    return between.join(dict.fromkeys(words for _, words in sorted(text.by_language, reverse=True)))


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.0f}"


def _complete(study: Study, sheets: Sequence[Path]) -> dict[int, dict[str, dict[str, Fraction]]]:
    """By round and judge, an estimate of every item.

    Raises:
        InputError: with everything that is lacking or wrong.
    """
    read: list[Estimate] = []
    wrong: list[Finding] = []
    for path in sheets:
        found, findings = read_cut_sheet(path)
        read.extend(found)
        wrong.extend(first_errors(findings))
    kept, twice = once_each(read)
    wrong.extend(twice)
    rounds: dict[int, dict[str, dict[str, Fraction]]] = {}
    sources: dict[tuple[int, str], Path] = {}
    for one in kept:
        if one.item not in study.marks:
            wrong.append(_finding("cut/unknown-item", f"item {one.item} is not on the form", one.source, one.line))
            continue
        rounds.setdefault(one.round, {}).setdefault(one.judge, {})[one.item] = one.share
        sources[one.round, one.judge] = one.source
    if not wrong:
        wrong.extend(_lacking(study, rounds, sources))
    if wrong or not rounds:
        raise InputError(
            "the judges' sheets do not make a cut score yet",
            findings=tuple(wrong),
            hint="have each judge fill in the cells named, and hand in all sheets of the round together",
            code="cut/incomplete",
        )
    return rounds


def _lacking(
    study: Study, rounds: Mapping[int, Mapping[str, Mapping[str, Fraction]]], sources: Mapping[tuple[int, str], Path]
) -> list[Finding]:
    found = []
    first = set(next(iter(sorted(rounds.items())))[1]) if rounds else set()
    for number, judges in sorted(rounds.items()):
        for judge, own in judges.items():
            without = [item for item in study.marks if item not in own]
            if without:
                named = ", ".join(without[:5]) + (" and others" if len(without) > 5 else "")
                message = f"judge {judge} has no estimate of {plural(len(without), 'item')} in round {number}: {named}"
                found.append(_finding("cut/missing-estimate", message, sources[number, judge]))
        if len(judges) < 2:
            found.append(
                _finding("cut/few-judges", f"round {number} has {len(judges)} judge", next(iter(sources.values())))
            )
        if set(judges) != first:
            other = ", ".join(sorted(first ^ set(judges)))
            message = f"round {number} has other judges than the first round: {other}"
            found.append(_finding("cut/other-judges", message, next(iter(sources.values()))))
    return found


def _finding(code: str, message: str, source: Path, line: int | None = None) -> Finding:
    hint = "compare with the sheets that were handed out"
    return Finding(code=code, message=message, place=place_in(source, line), hint=hint)


def _judge_table(rounds: Sequence[tuple[int, CutScore]]) -> bytes:
    rows = [
        (
            str(number),
            one.judge,
            f"{float(one.cut):.4f}",
            "" if one.agreement is None else f"{one.agreement:.4f}",
            "" if one.apart is None else f"{one.apart:.2f}",
            "yes" if one.outlier else "no",
        )
        for number, found in rounds
        for one in found.judges
    ]
    return write_csv(("round", "judge", "cut", "agreement", "apart", "outlier"), rows)


def _item_table(rounds: Sequence[tuple[int, CutScore]]) -> bytes:
    rows = [
        (str(number), one.item, *(f"{float(value):.4f}" for value in (one.mean, one.sd, one.low, one.high)))
        for number, found in rounds
        for one in found.items
    ]
    return write_csv(("round", "item", "mean", "sd", "low", "high"), rows)


def _proposal_text(study: Study, found: Proposal) -> str:
    """A rule for the pass standard with its grounds in comments, to be copied by whoever adopts it."""
    number, last = found.rounds[-1]
    now = "none" if found.now is None else decimal_text(found.now)
    lines = [
        "# 建议的合格线，未写入任何方案；采用与否由人决定。",
        "# A proposed cut score. It is written into no scheme; people adopt it or not.",
        f"# scheme {study.loaded.scheme.id}, sitting {study.loaded.sitting.id}, component {found.component}",
        f"# Angoff, round {number}, {len(last.judges)} judges, {len(last.items)} items",
        f"# cut {float(last.cut):.3f} of {decimal_text(found.full)}, standard error {last.standard_error:.3f}, now {now}",
        f"{{component: {found.component}, at_least: {decimal_text(found.proposed)}}}",
    ]
    return "\n".join(lines) + "\n"


def _write_down(context: Context, sitting_id: str, found: Proposal, sheets: Sequence[Path]) -> None:
    number, last = found.rounds[-1]
    with context.writing() as connection:
        context.write_act(
            connection,
            context.clock(),
            "scheme.cut",
            sitting_id,
            component=found.component,
            round=number,
            judges=len(last.judges),
            proposed=decimal_text(found.proposed),
            files={path.name: digest_of_bytes(path.read_bytes()) for path in sheets},
        )
