"""Raw sheets as their papers read them: each put to its paper, read by the kinds of its items, or set aside with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from certengine.errors import Finding, Place, Severity, plural, ranges
from certengine.interchange.response_sheets import RawSheet
from certengine.model.bank import Bank
from certengine.model.sitting import Paper, ResponseSheet, ResponseState
from certengine.scoring.item_marks import why_unreadable
from certengine.scoring.written import read_sheet

_DOUBTS = {ResponseState.UNREADABLE: "cannot be read", ResponseState.MULTIPLE_MARKED: "is marked more than once"}


class Head(Protocol):
    """What tells a paper: its id and whose it is."""

    @property
    def id(self) -> str:
        """The paper's id."""
        ...

    @property
    def candidate(self) -> str:
        """Whose it is."""
        ...


HeadT = TypeVar("HeadT", bound=Head)


class Untold:
    """Questions that sheets do not speak of, not even as blank: a file that lost columns or rows looks like this.

    They count as not answered, and are told once for all sheets of a file that leave out the same.
    """

    def __init__(self) -> None:
        self._met: dict[tuple[str, tuple[int, ...]], list[int]] = {}

    def look(self, raw: RawSheet, source: str, answers: Container[int], items: int) -> None:
        """Hold the positions that a sheet answers against a paper of so many items."""
        left_out = () if raw.absent else tuple(n for n in range(1, items + 1) if n not in answers)
        if left_out:
            first_and_more = self._met.setdefault((source, left_out), [raw.line, -1])
            first_and_more[1] += 1

    def notes(self) -> Iterator[Finding]:
        """A warning for each file and what is left out there."""
        for (source, left_out), (line, more) in self._met.items():
            others = f" and {plural(more, 'more row')}" if more else ""
            yield Finding(
                code="response/untold",
                severity=Severity.WARNING,
                message=f"no answer to question {ranges(left_out)} is in this row{others}, not even a blank one; it "
                "counts as not answered",
                hint="where columns or rows were lost, hand the whole file in: the later run counts",
                place=Place(source=source, line=line),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSheet:
    """A raw sheet that was read, with where it stands."""

    raw: RawSheet
    source: str
    paper: Paper
    bank: Bank
    sheet: ResponseSheet

    def place(self, position: int | None = None) -> Place:
        """Where the sheet stands, or one of its responses."""
        if position is None:
            return Place(source=self.source, line=self.raw.line)
        item = next((drawn.item for drawn in self.paper.items if drawn.position == position), "")
        line, column = self.raw.place(position, item)
        return Place(source=self.source, line=line, column=column)


def read_sheets(
    banks: Mapping[str, Bank],
    papers: Mapping[str, Paper],
    sheets: Sequence[tuple[RawSheet, str]],
    aside: list[Finding],
    untold: Untold,
) -> Iterator[ReadSheet]:
    """The sheets that can be read, in their order; every other one is set aside.

    Args:
        sheets: each with the file it comes from.
        aside: takes the reasons.
        untold: takes what the sheets that are read leave out.
    """
    for raw, source, paper in put_to_papers(papers, sheets, aside):
        place = Place(source=source, line=raw.line)
        answers, findings = _by_position(raw, paper)
        sheet, beyond = read_sheet(paper, banks[paper.bank], answers, absent=raw.absent)
        if findings or beyond:
            aside.extend(replace(finding, place=place) for finding in (*findings, *beyond))
        else:
            untold.look(raw, source, answers, len(paper.items))
            yield ReadSheet(raw=raw, source=source, paper=paper, bank=banks[paper.bank], sheet=sheet)


def put_to_papers(
    papers: Mapping[str, HeadT], sheets: Sequence[tuple[RawSheet, str]], aside: list[Finding]
) -> Iterator[tuple[RawSheet, str, HeadT]]:
    """Each sheet and its file with the paper it answers; a sheet that answers none, or not alone, is set aside.

    Args:
        papers: by id; their id and candidate are enough.
    """
    twice = named_twice(raw for raw, _ in sheets)
    alone = _only_papers(papers)
    for raw, source in sheets:
        paper = put(
            raw, source, papers.get(raw.paper_id) if raw.paper_id else alone.get(raw.candidate_id), twice, aside
        )
        if paper is not None:
            yield raw, source, paper


def named_twice(sheets: Iterable[RawSheet]) -> set[str]:
    """The papers that more than one sheet names; the candidates, where sheets name no paper."""
    once: set[str] = set()
    twice: set[str] = set()
    for sheet in sheets:
        name = sheet.paper_id or sheet.candidate_id
        (twice if name in once else once).add(name)
    return twice


def put(raw: RawSheet, source: str, paper: HeadT | None, twice: Collection[str], aside: list[Finding]) -> HeadT | None:
    """The paper that was found for a sheet when it answers that, and alone; else the sheet is set aside."""
    reason = _why_not(raw, paper, twice)
    if reason is None:
        return paper
    aside.append(replace(reason, place=Place(source=source, line=raw.line, column=raw.columns.get(0))))
    return None


def _only_papers(papers: Mapping[str, HeadT]) -> dict[str, HeadT]:
    """The paper of each candidate who has just one, for rows that do not name a paper."""
    times = Counter(paper.candidate for paper in papers.values())
    return {paper.candidate: paper for paper in papers.values() if times[paper.candidate] == 1}


def _by_position(raw: RawSheet, paper: Paper) -> tuple[dict[int, str], tuple[Finding, ...]]:
    """Answers by position, rows that name the item by its id put in their places."""
    positions = {drawn.item: drawn.position for drawn in paper.items}
    answers = dict(raw.answers)
    findings = []
    for item_id, text in raw.by_item:
        if item_id not in positions or positions[item_id] in answers:
            findings.append(
                Finding(
                    code="response/no-such-item",
                    message=f"item {item_id} is not on paper {paper.id}, or is answered twice",
                    hint="compare the item ids with the paper",
                )
            )
        else:
            answers[positions[item_id]] = text
    return answers, tuple(findings)


def _why_not(raw: RawSheet, paper: Head | None, twice: Collection[str]) -> Finding | None:
    if paper is None:
        return _unknown_paper(raw)
    if raw.candidate_id and raw.candidate_id != paper.candidate:
        return Finding(
            code="response/wrong-candidate",
            message=f"paper {paper.id} belongs to candidate {paper.candidate}, the row names {raw.candidate_id}",
            hint="compare the answer sheet with the seat list",
        )
    if (raw.paper_id or raw.candidate_id) in twice:
        return Finding(
            code="response/paper-twice",
            message=f"paper {paper.id} stands more than once in these files",
            hint="keep the right one; neither was graded",
        )
    return None


def _unknown_paper(raw: RawSheet) -> Finding:
    return Finding(
        code="response/unknown-paper",
        message=f"no paper `{raw.paper_id}` of candidate `{raw.candidate_id}` in this sitting",
        hint="read the paper id at the head of the answer sheet again",
    )


def notes_on(sheet: ResponseSheet, read: ReadSheet) -> list[Finding]:
    """What deserves a look on a sheet as it was read: responses that cannot be read, or are marked more than once."""
    items = {item.id: item for item in read.bank.contents.items}
    drawn = {one.position: one for one in read.paper.items}
    return [
        note_on(
            sheet.paper,
            response.position,
            response.state,
            response.raw,
            read.place(response.position),
            why_unreadable(drawn[response.position], items[drawn[response.position].item], response.raw),
        )
        for response in sheet.responses
        if response.state in _DOUBTS
    ]


def note_on(paper: str, position: int, state: ResponseState, raw: str, place: Place, why: str) -> Finding:
    """A response that deserves a look, and why, where that can be said."""
    return Finding(
        code=f"response/{state.value.replace('_', '-')}",
        message=f"paper {paper}, item {position}: `{raw[:30]}` {_DOUBTS[state]}{f': {why}' if why else ''}",
        place=place,
        severity=Severity.WARNING,
    )
