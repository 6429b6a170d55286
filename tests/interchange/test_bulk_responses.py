"""Wide files in bulk: what comes of every row is what the row reader and the exact scoring of one paper make of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certengine.errors import InputError, NotFound
from certengine.interchange.bulk_responses import read_bulk
from certengine.interchange.bulk_scores import repeated, scores_csv
from certengine.interchange.responses import COLUMNS, read_wide_rows, wide_columns
from certengine.interchange.tables import read_table
from certengine.items import kind_of
from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.scheme import Rounding
from certengine.scoring.analysis import analyse_items
from certengine.scoring.bulk import Tally, score_of, sums_of
from certengine.scoring.component_analysis import summarise_section, summarise_sections
from certengine.scoring.form_key import FormKey
from certengine.scoring.form_statistics import scores_of
from certengine.scoring.observations import observe
from certengine.scoring.option_facts import ticked_on
from certengine.scoring.written import read_sheet, score_written
from tests.simulator import WORLD, item, published, section
from tests.simulator import written as written_component

PAPER, BANK, COMPONENT = WORLD.paper(), WORLD.bank, WORLD.component
COUNT = len(PAPER.items)
HEADER = ["candidate_id", *(f"q{n}" for n in range(1, COUNT + 1))]
ROUNDING = Rounding()

# Mostly what a scanner writes; the rest is what people and other programs write.
PLAIN = st.sampled_from(["A", "B", "C", "D", "T", "F", "7", ""])
ODD = st.sampled_from(
    [
        "*",
        "AB",
        "AC",
        "abc",
        " b ",
        "Ｂ",
        "√",
        "×",
        "3,5",
        "220 V",
        "long answer, no code",
        "1e3",
        "E",
        "?",
        "'A",
        "A;C",
    ]
)
CELLS = st.one_of(PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, ODD)
CANDIDATES = st.one_of(
    st.integers(1, 99_999).map(lambda n: f"C{n}"),
    st.sampled_from(["", " C1 ", "Ｃ２", "not an id", "-5", "x" * 70, "考生一"]),
)
ROWS = st.lists(st.tuples(CANDIDATES, st.lists(CELLS, min_size=COUNT, max_size=COUNT), st.integers(-1, 1)), max_size=12)


def written(path: Path, rows: Sequence[Any], *, end: str, separator: str, last_end: bool, quoted: bool) -> Path:
    """A wide file; the third field of a row cuts its last cell off or adds one."""
    stream = io.StringIO()
    mode = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, delimiter=separator, lineterminator=end, quoting=mode)
    writer.writerow(HEADER)
    for candidate, answers, ragged in rows:
        cells = [candidate, *answers]
        writer.writerow(cells[:-1] if ragged < 0 else [*cells, "x"] if ragged else cells)
    text = stream.getvalue()
    path.write_bytes((text if last_end else text.removesuffix(end)).encode())
    return path


def in_bulk(path: Path, *, block: int) -> tuple[dict[int, tuple[str, Decimal]], Counter[tuple[int, str]], Tally]:
    """By line, the candidate and the score; line and code of rows set aside; the tally."""
    key = FormKey(PAPER, COMPONENT, BANK)
    tally = Tally(key)
    scores: dict[int, tuple[str, Decimal]] = {}
    aside: Counter[tuple[int, str]] = Counter()
    for part in read_bulk(path, key, COUNT, block=block):
        aside.update((one.place.line or 0, one.code) for one in part.findings if one.place)
        for chunk in part.chunks:
            sums = sums_of(key, chunk.codes)
            tally.add(chunk.codes, sums)
            for line, own, total in zip(chunk.lines.tolist(), chunk.ids.tolist(), sums.tolist(), strict=True):
                scores[line] = own.decode(), score_of(key, key.marks(total), ROUNDING)
    return scores, aside, tally


def one_by_one(path: Path) -> tuple[dict[int, tuple[str, Decimal]], Counter[tuple[int, str]], list[Any]]:
    """The same from the row reader and the scoring of single papers, with their reports."""
    table = read_table(path, is_header=COLUMNS.is_header)
    places, questions, _ = wide_columns(table)
    sheets, findings, _ = read_wide_rows(table, places, questions)
    scores = {}
    reports = []
    for raw in sheets:
        sheet, _ = read_sheet(PAPER, BANK, dict(raw.answers))
        report = score_written(PAPER, sheet, COMPONENT, BANK, ROUNDING)
        assert report.score is not None
        scores[raw.line] = raw.candidate_id, report.score
        reports.append((f"line-{raw.line}", sheet, report))
    aside = Counter((one.place.line or 0, one.code) for one in (*table.findings, *findings) if one.place)
    return scores, aside, reports


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=ROWS,
    end=st.sampled_from(["\n", "\r\n"]),
    separator=st.sampled_from([",", ",", ";", "\t"]),
    last_end=st.booleans(),
    quoted=st.booleans(),
    block=st.sampled_from([300, 1 << 20]),
)
@example(rows=[("C1", ["A"] * COUNT, 0), ("C2", ["B"] * COUNT, 0)], end="\n", separator=",", last_end=True, quoted=False, block=1 << 20)  # fmt: skip
@example(rows=[("C1", [""] * COUNT, 0), ("C22", ["AC"] * COUNT, 0)], end="\n", separator=",", last_end=False, quoted=False, block=1 << 20)  # fmt: skip
def test_scores_and_statistics_are_those_of_single_papers(
    tmp_path: Path, rows: list[Any], end: str, separator: str, last_end: bool, quoted: bool, block: int
) -> None:
    """Whatever stands in a file: the same scores, the same rows set aside for the same reasons, the same statistics."""
    path = written(tmp_path / "wide.csv", rows, end=end, separator=separator, last_end=last_end, quoted=quoted)

    scores, aside, tally = in_bulk(path, block=block)
    expected, expected_aside, reports = one_by_one(path)

    assert (expected, expected_aside) == (scores, aside)
    seen = [
        one
        for name, sheet, report in reports
        for observed in [observe(report, ticked_on(sheet))]
        for one in (observed_as(observed, name))
    ]
    facts = FormKey(PAPER, COMPONENT, BANK).facts
    assert analyse_items(seen, facts) == tally.items()
    if seen:
        assert scores_of(seen, full=COMPONENT.total, shared=True) == tally.form_scores()
    sections = [one for one in COMPONENT.sections if seen]
    spread = tally.sections()
    assert summarise_sections(seen, [one.id for one in sections]) == tuple(
        summarise_section(one.id, list(spread[one.id]), list(spread[one.id].values())) for one in sections
    )


def observed_as(observed: Sequence[Any], name: str) -> list[Any]:
    """Observations of one paper under a candidate of its own; ids may repeat in a file."""
    return [replace(one, candidate=name) for one in observed]


def text_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


RIGHT_HEADER = ",".join(HEADER)
ANSWERS = ",".join(["A"] * COUNT)


class TestFilesThatAreRefused:
    """What is no table of answers to this form is refused as a whole, with the way out."""

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "table/empty"),
            ("candidate_id,q1,q2\nC1,A,B\n", "batch/columns"),
            (f"{RIGHT_HEADER},q99\nC1,{ANSWERS},A\n", "batch/columns"),
            (f"paper_id,{RIGHT_HEADER}\nP,C1,{ANSWERS}\n", "batch/names-papers"),
            ("candidate_id,answers\nC1,AAAA\n", "batch/columns"),
            (f"{RIGHT_HEADER[13:]}\n{ANSWERS}\n", "table/missing-column"),
            (f"{RIGHT_HEADER}\nC1,{ANSWERS}\nC2,\0{ANSWERS[1:]}\n", "table/not-text"),
            (f'{RIGHT_HEADER}\nC1,{ANSWERS}\nC2,"{ANSWERS}\n', "table/quoting"),
        ],
    )
    def test_refused(self, tmp_path: Path, text: str, code: str) -> None:
        """Each with its own code."""
        path = text_file(tmp_path / "x.csv", text)

        with pytest.raises(InputError) as refused:
            in_bulk(path, block=1 << 20)

        assert code == refused.value.code

    def test_missing(self, tmp_path: Path) -> None:
        """A file that is not there is not found."""
        with pytest.raises(NotFound):
            in_bulk(tmp_path / "none.csv", block=1 << 20)

    def test_json_lines(self, tmp_path: Path) -> None:
        """JSON Lines name papers, and go to the command for those."""
        with pytest.raises(InputError) as refused:
            in_bulk(text_file(tmp_path / "x.jsonl", "{}\n"), block=1 << 20)

        assert refused.value.code == "batch/format"

    def test_a_line_without_end(self, tmp_path: Path) -> None:
        """A line that no row of answers can be is not read into memory."""
        path = text_file(tmp_path / "x.csv", f"{RIGHT_HEADER}\nC1,{ANSWERS}\n{'x' * 2000}\n")

        with pytest.raises(InputError) as refused:
            in_bulk(path, block=1000)

        assert (refused.value.code, refused.value.findings[0].place.line) == ("table/too-large", 3)  # type: ignore[union-attr]


class TestFilesOfEveryMake:
    """Other columns, encodings and line ends."""

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_encodings_and_other_columns(self, tmp_path: Path, encoding: str) -> None:
        """Chinese headings, names and marks are understood, in whatever order the columns stand."""
        heading = ",".join(f"第{n}题" for n in range(COUNT, 0, -1))
        answers = ",".join(["√" if n % 2 else "B" for n in range(COUNT, 0, -1)])
        text = f"姓名,考号,{heading}\n王磊,C7,{answers}\n李娜,C8,{answers}\n"
        path = text_file(tmp_path / "x.csv", text, encoding)

        scores, aside, _ = in_bulk(path, block=1 << 20)

        assert ({2: "C7", 3: "C8"}, Counter()) == ({line: one for line, (one, _) in scores.items()}, aside)
        assert one_by_one(path)[0] == scores

    def test_names_before_the_answers(self, tmp_path: Path) -> None:
        """Columns between candidate and answers are read over, however long they are."""
        header = RIGHT_HEADER.replace("candidate_id", "candidate_id,name")
        path = text_file(tmp_path / "x.csv", f"{header}\nC1,Wang,{ANSWERS}\nC2,Li Na,{ANSWERS}\nC3,{ANSWERS}\n")

        scores, aside, _ = in_bulk(path, block=1 << 20)

        assert ({"C1", "C2"}, {(4, "table/ragged-row")}) == ({one for one, _ in scores.values()}, set(aside))

    def test_old_line_ends(self, tmp_path: Path) -> None:
        """A file with lone carriage returns is read row by row from there on."""
        path = text_file(tmp_path / "x.csv", f"{RIGHT_HEADER}\nC1,{ANSWERS}\rC2,{ANSWERS}\nC3,{ANSWERS}\n")

        scores, _, _ = in_bulk(path, block=1 << 20)

        assert ["C1", "C2", "C3"] == [one for one, _ in scores.values()]

    def test_damaged_characters_set_their_row_aside(self, tmp_path: Path) -> None:
        """A byte that is no character sets its row aside; the others are graded."""
        path = tmp_path / "x.csv"
        head = f"{RIGHT_HEADER}\n{'C0,' + ANSWERS}\n".encode()
        path.write_bytes(head + b"C1," + ANSWERS[:-1].encode() + b"\xff\n" + b"C2," + ANSWERS.encode() + b"\n")

        scores, aside, _ = in_bulk(path, block=len(head) + 10)

        assert ({"C0", "C2"}, {(3, "table/encoding")}) == ({one for one, _ in scores.values()}, set(aside))

    def test_a_workbook(self, tmp_path: Path) -> None:
        """A workbook is graded as well, within the bounds of workbooks."""
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append(HEADER)
        book.active.append(["C1", *["A"] * COUNT])
        book.save(tmp_path / "x.xlsx")

        scores, _, _ = in_bulk(tmp_path / "x.xlsx", block=1 << 20)

        assert one_by_one(tmp_path / "x.xlsx")[0] == scores
        assert [one for one, _ in scores.values()] == ["C1"]

    def test_parquet(self, tmp_path: Path) -> None:
        """So is Parquet, by the same reader."""
        import pyarrow as pa
        from pyarrow import parquet

        columns = dict(zip(HEADER, [["C1", "C2"], *[["A", "B"]] * COUNT], strict=True))
        parquet.write_table(pa.table(columns), tmp_path / "x.parquet")

        scores, _, _ = in_bulk(tmp_path / "x.parquet", block=1 << 20)

        assert one_by_one(tmp_path / "x.parquet")[0] == scores
        assert [one for one, _ in scores.values()] == ["C1", "C2"]


class TestScoresAsAFile:
    """Ids that stand twice, and the file of scores."""

    @given(ids=st.lists(st.from_regex(r"[A-C]{1,3}|[A-B]{20}", fullmatch=True), min_size=1, max_size=40))
    def test_repeated_ids(self, ids: list[str]) -> None:
        """Exactly the places of ids that stand more than once, short or long."""
        found = repeated(np.array([one.encode() for one in ids], dtype=np.bytes_))

        assert [place for place, one in enumerate(ids) if ids.count(one) > 1] == found.tolist()

    def test_file(self) -> None:
        """Ids and scores of any width, one line each, as every table of the house."""
        data = scores_csv(("candidate_id", "score"), np.array([b"C1", b"C10"]), np.array([b"7.5", b"10"]))

        assert data == b"\xef\xbb\xbfcandidate_id,score\r\nC1,7.5\r\nC10,10\r\n"


class TestCorrectedKeys:
    """Corrections of keys count in bulk as they count on a paper."""

    @pytest.mark.parametrize("policy", list(KeyPolicy))
    def test_every_policy(self, tmp_path: Path, policy: KeyPolicy) -> None:
        """Scores after a correction are those of single papers; a dropped item is made up for and has no statistics."""
        drawn = next(one for one in PAPER.items if one.section == "single")
        asked = BANK.contents.item(drawn.item)
        other = next(option.id for option in asked.content.options if option.id != asked.content.key)
        by_key = policy in {KeyPolicy.CURRENT, KeyPolicy.CURRENT_OR_PREVIOUS}
        corrected = replace(asked, content=replace(asked.content, key=other)) if by_key else None
        correction = KeyCorrection(number=1, bank=BANK.id, item=asked.id, policy=policy, corrected=corrected)
        corrections = {asked.id: (correction,)}
        rows = [(f"C{n}", [letter] * COUNT, 0) for n, letter in enumerate("ABCD")]
        path = written(tmp_path / "x.csv", rows, end="\n", separator=",", last_end=True, quoted=False)
        key = FormKey(PAPER, COMPONENT, BANK, corrections)
        tally = Tally(key)

        found = {}
        for part in read_bulk(path, key, COUNT):
            for chunk in part.chunks:
                sums = sums_of(key, chunk.codes)
                tally.add(chunk.codes, sums)
                for own, total in zip(chunk.ids.tolist(), sums.tolist(), strict=True):
                    found[own.decode()] = score_of(key, key.marks(total), ROUNDING)

        reports = {}
        for who, answers, _ in rows:
            sheet, _ = read_sheet(PAPER, BANK, dict(enumerate(answers, start=1)))
            reports[who] = sheet, score_written(PAPER, sheet, COMPONENT, BANK, ROUNDING, corrections=corrections)
        assert {who: report.score for who, (_, report) in reports.items()} == found
        seen = [
            replace(one, candidate=who)
            for who, (sheet, report) in reports.items()
            for one in observe(report, ticked_on(sheet))
        ]
        assert analyse_items(seen, key.facts) == tally.items()
        assert (policy is KeyPolicy.DROP) == (not tally.items()[drawn.position - 1].n)
        assert scores_of(seen, full=COMPONENT.total, shared=True) == tally.form_scores()

    def test_a_form_on_which_people_mark(self) -> None:
        """Answers that wait for people cannot be looked up."""
        essay_item = item("E1", "essay")
        bank = published([essay_item])
        component = written_component(section("long", "essay", "10", ("A", "know", 1), policy="rubric"))
        paper = replace(
            PAPER,
            items=(replace(PAPER.items[0], item="E1", section="long", variant={}),),
        )

        with pytest.raises(ValueError, match="marked by people"):
            FormKey(paper, component, bank)

    def test_nobody_is_counted(self) -> None:
        """An empty part of a file changes nothing."""
        key = FormKey(PAPER, COMPONENT, BANK)
        tally = Tally(key)

        tally.add(np.zeros((COUNT, 0), dtype=np.uint8), np.zeros(0, dtype=np.int64))

        assert tally.sums() == {}

    def test_a_finer_unit_is_found_later(self) -> None:
        """Thirds of a mark that appear in a later part refine the table; what was counted keeps its place."""
        key = FormKey(PAPER, COMPONENT, BANK)
        tally = Tally(key)
        blank = np.array([[key.code(index, "")] for index in range(COUNT)], dtype=np.uint16)
        tally.add(blank, sums_of(key, blank))
        place = next(index for index, one in enumerate(PAPER.items) if one.section == "multiple")
        unit = key.unit
        part = blank.copy()
        part[place, 0] = key.code(
            place,
            kind_of("multiple_response").answer(
                BANK.contents.item(PAPER.items[place].item).content, PAPER.items[place].variant
            )[0],
        )
        tally.add(part, sums_of(key, part))
        tally.add(blank, sums_of(key, blank))

        assert key.unit > unit
        assert {Fraction(0): 2, Fraction(2, 3): 1} == tally.sums()
