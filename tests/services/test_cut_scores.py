"""A cut score from empty sheets to a proposal: blind, complete or refused, written into no scheme."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.interchange.cut_sheets import read_cut_sheet
from certengine.services.banks import publish_bank
from certengine.services.context import Context
from certengine.services.cut_scores import propose_cut, write_cut_sheets
from certengine.services.setting_up import init_workspace
from certengine.services.sittings import open_sitting, seal_sitting
from certengine.store import audit
from tests.cli.running import certengine
from tests.services.small_world import ACADEMY, BANK, ROSTER, SCHEME, SITTING, acting, papers, right_answers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting of one form, and one (``own``) of unique papers."""
    root = tmp_path_factory.mktemp("cut") / "ws"
    init_workspace(root, sample=False)
    for name in ("question_banks", "rubrics"):
        shutil.copytree(ACADEMY / name, root / name, dirs_exist_ok=True)
    shutil.copy(ACADEMY / "certengine.toml", root)
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    scheme = root / "rubrics" / SCHEME / "scheme.yaml"
    with acting(root) as context:
        publish_bank(context, BANK, reason="first")
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id="own")
        seal_sitting(context, "own")
    text = scheme.read_text("utf-8")
    scheme.write_text(
        text.replace("    minutes: 30\n", "    minutes: 30\n    forms: one\n    retakers: any\n"), "utf-8"
    )
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id=SITTING)
        seal_sitting(context, SITTING)
    return root


@pytest.fixture
def context(root: Path, tmp_path: Path) -> Iterator[Context]:
    """A copy of it, acted in."""
    shutil.copytree(root, tmp_path / "ws")
    with acting(tmp_path / "ws") as context:
        yield context


def filled(path: Path, estimates: list[str]) -> Path:
    """A CSV sheet with its estimates written in."""
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    column = rows[0].index("estimate")
    for row, estimate in zip(rows[1:], estimates, strict=True):
        row[column] = estimate
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def round_of(context: Context, folder: Path, *judges: list[str], after: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Sheets of a round, handed out and filled in."""
    sheets = write_cut_sheets(context, SITTING, folder, judges=len(judges), form="csv", after=after)
    return tuple(filled(path, own) for path, own in zip(sheets, judges, strict=True))


def test_sheets_are_blind_and_by_number(context: Context, tmp_path: Path) -> None:
    """A sheet shows what a candidate sees and its judge's number; no key, no statistics, no other judge."""
    sheets = write_cut_sheets(context, SITTING, tmp_path, judges=3)

    assert ["cut-round-1-J1.xlsx", "cut-round-1-J2.xlsx", "cut-round-1-J3.xlsx"] == [path.name for path in sheets]
    rows = list(openpyxl.load_workbook(sheets[0]).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == ("judge", "round", "position", "item", "marks", "question", "options", "estimate", "remark")
    assert {("J1", "1")} == {row[:2] for row in rows[1:]}
    assert [drawn.item for drawn in papers(context)[0].items] == [row[3] for row in rows[1:]]
    assert {(None, None)} == {row[7:] for row in rows[1:]}
    reckoned = next(iter(right_answers(context).values()))["q5"]
    assert not any(reckoned in str(cell) for cell in rows[5][5:])


def test_cut_by_hand(context: Context, tmp_path: Path) -> None:
    """Items of 20, 20, 10, 20 and 30 marks at 50 % and at 70 % throughout: cuts 50 and 70, the cut 60, error 10."""
    sheets = round_of(context, tmp_path, ["50"] * 5, ["70 %"] * 5)

    found = propose_cut(context, SITTING, sheets, tmp_path / "out")

    last = found.rounds[-1][1]
    assert (Fraction(60), Decimal("60.0"), Decimal(60)) == (last.cut, found.proposed, found.now)
    assert last.standard_error == pytest.approx(10.0)
    assert "{component: theory, at_least: 60}" in (tmp_path / "out" / "proposal.yaml").read_text("utf-8")
    assert ["cut-judges.csv", "cut-items.csv", "proposal.yaml"] == [path.name for path in found.files]


def test_the_scheme_stays_as_it_was(context: Context, tmp_path: Path) -> None:
    """A proposal is written beside, never into the pass standard; that it was made is written down."""
    scheme = context.workspace.root / "rubrics" / SCHEME / "scheme.yaml"
    before = scheme.read_bytes()

    propose_cut(context, SITTING, round_of(context, tmp_path, ["80"] * 5, ["80"] * 5), tmp_path / "out")

    assert scheme.read_bytes() == before
    with context.reading() as connection:
        act = next(one for one in audit.acts(connection, 9) if one.action == "scheme.cut")
    assert (act.subject, act.details["proposed"], act.details["judges"]) == (SITTING, "80", 2)


def test_a_second_round_shows_the_first(context: Context, tmp_path: Path) -> None:
    """In the second round a judge sees the own estimate, the mean and the range of all, and nobody's name; it proposes."""
    first = round_of(context, tmp_path / "1", ["40"] * 5, ["60"] * 5)

    second = round_of(context, tmp_path / "2", ["50"] * 5, ["52"] * 5, after=first)
    with second[0].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = propose_cut(context, SITTING, [*first, *second])

    assert {("2", "40", "50", "40-60")} == {
        (row["round"], row["before"], row["mean_before"], row["range_before"]) for row in rows
    }
    assert [(1, Fraction(50)), (2, Fraction(51))] == [(number, one.cut) for number, one in found.rounds]
    assert (Decimal("51.0"), ()) == (found.proposed, found.files)


@pytest.mark.parametrize(
    ("estimates", "code"),
    [
        (["50", "50", "", "50", ""], "cut/blank"),
        (["50", "50", "101", "50", "50"], "cut/estimate"),
        (["50", "50", "-1", "50", "50"], "cut/estimate"),
        (["50", "50", "0.6", "50", "50"], "cut/estimate"),
        (["50", "50", "half", "50", "50"], "cut/estimate"),
        (["50", "50", "5 V", "50", "50"], "cut/estimate"),
    ],
    ids=["blank", "over", "under", "a share", "words", "a unit"],
)
def test_what_is_no_estimate(context: Context, tmp_path: Path, estimates: list[str], code: str) -> None:
    """A cell that is blank, out of range or may mean two things stops the cut with its line; nothing is guessed."""
    sheets = round_of(context, tmp_path, ["50"] * 5, estimates)

    with pytest.raises(InputError) as refused:
        propose_cut(context, SITTING, sheets)

    found = refused.value.findings
    assert [code] == [one.code for one in found]
    assert [(str(sheets[1]), True)] == [(one.place.source, (one.place.line or 0) > 1) for one in found if one.place]


def test_everything_that_is_lacking_is_said_at_once(context: Context, tmp_path: Path) -> None:
    """Rows cut off, and a round with other judges than the first: one refusal names both."""
    first = round_of(context, tmp_path / "1", ["40"] * 5, ["60"] * 5, ["60"] * 5)
    short = tmp_path / "short.csv"
    short.write_text("\n".join(first[0].read_text("utf-8").splitlines()[:1]) + "\n" + _row(first[0]), "utf-8")

    with pytest.raises(InputError) as refused:
        propose_cut(context, SITTING, [short, *first[1:]])
    assert ["cut/missing-estimate"] == [one.code for one in refused.value.findings]

    second = round_of(context, tmp_path / "2", ["50"] * 5, ["52"] * 5, ["52"] * 5, after=first)
    with pytest.raises(InputError) as refused:
        propose_cut(context, SITTING, [*first, second[0]])
    assert {"cut/other-judges", "cut/few-judges"} == {one.code for one in refused.value.findings}


def _row(path: Path) -> str:
    """The second row of a sheet, its line ends put on one line."""
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    return ",".join(cell.replace("\n", " ").replace(",", " ") for cell in rows[1]) + "\n"


def test_a_sheet_twice_and_a_stranger(context: Context, tmp_path: Path) -> None:
    """The same estimates twice count for nobody, and an item of another form is refused."""
    first = round_of(context, tmp_path / "1", ["40"] * 5, ["60"] * 5)
    with pytest.raises(InputError) as refused:
        propose_cut(context, SITTING, [*first, first[0]])
    assert {"cut/twice"} == {one.code for one in refused.value.findings}

    stranger = tmp_path / "x.csv"
    stranger.write_text("judge,round,item,estimate\nJ1,1,ELSEWHERE,50\n", "utf-8")
    with pytest.raises(InputError) as refused:
        propose_cut(context, SITTING, [*first, stranger])
    assert ["cut/unknown-item"] == [one.code for one in refused.value.findings]


def test_rows_that_name_nobody(tmp_path: Path) -> None:
    """A row without judge or with a round that is none is set aside; a file without an estimate column is not read."""
    path = tmp_path / "x.csv"
    path.write_text("评委,轮次,试题,估计\n,1,A,50\nJ1,first,A,50\nJ1,１,A,５０\n", "utf-8")
    estimates, findings = read_cut_sheet(path)
    assert ([Fraction(1, 2)], ["cut/row-id", "cut/round"]) == (
        [one.share for one in estimates],
        [one.code for one in findings],
    )

    path.write_text("judge,round,item,estimates\nJ1,1,A,50\n", "utf-8")
    assert ("table/missing-column" in {one.code for one in read_cut_sheet(path)[1]}, ()) == (
        True,
        read_cut_sheet(path)[0],
    )


class TestWhatIsRefused:
    """A study takes one form, and a panel."""

    def test_unique_papers(self, context: Context, tmp_path: Path) -> None:
        """Where each candidate has another paper there is no form to judge."""
        with pytest.raises(Refused) as refused:
            write_cut_sheets(context, "own", tmp_path, judges=5)
        assert refused.value.code == "cut/no-shared-form"

    def test_no_such_component(self, context: Context, tmp_path: Path) -> None:
        """A component that the scheme has not is not found."""
        with pytest.raises(NotFound):
            write_cut_sheets(context, SITTING, tmp_path, judges=5, component="nothing")

    @pytest.mark.parametrize(("judges", "form"), [(1, "xlsx"), (51, "xlsx"), (5, "pdf")])
    def test_no_panel(self, context: Context, tmp_path: Path, judges: int, form: str) -> None:
        """One judge is none, fifty-one are too many, and a sheet is xlsx or csv."""
        with pytest.raises(UsageError):
            write_cut_sheets(context, SITTING, tmp_path, judges=judges, form=form)


def test_commands(context: Context, tmp_path: Path) -> None:
    """From the commands: sheets, their names on standard output, the cut in lines, and as one document."""
    words = ("--as", "admin")
    handed = certengine(
        "scheme",
        "worksheet",
        SITTING,
        "-o",
        tmp_path,
        "--judges",
        "5",
        "--format",
        "csv",
        *words,
        cwd=context.workspace.root,
    )
    sheets = [Path(line) for line in handed.out.splitlines()]
    for path, value in zip(sheets, ("50", "51", "52", "53", "90"), strict=True):
        filled(path, [value] * 5)

    ran = certengine("scheme", "cut", SITTING, *sheets, "-o", tmp_path / "out", *words, cwd=context.workspace.root)
    as_json = certengine("scheme", "cut", SITTING, *sheets, "--json", *words, cwd=context.workspace.root)

    assert (handed.code, ran.code, as_json.code) == (0, 0, 0)
    assert "stands apart" in next(line for line in ran.out.splitlines() if "J5" in line)
    assert "round 1: cut 59.20 of 100, standard error 7.72, 51.50 without them" in ran.out
    assert "proposed: theory at least 59.2; the pass standard now says 60" in ran.out
    assert ("certengine.cut/1", "59.2") == (as_json.document["schema"], as_json.document["proposed"])
