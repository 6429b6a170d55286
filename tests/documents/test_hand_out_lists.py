"""Lists of an examination room: every candidate once, in the order of the seats, below the heads of the columns."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from certengine.documents.hand_out_lists import KINDS, ListHead, ListRow
from certengine.documents.paper_looks import LOOKS
from certengine.documents.paper_printer import PaperPrinter
from certengine.errors import InputError
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from tests.documents.conftest import Reader, Spelled, font_kinds

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

HEAD = ListHead(
    issuer_name=Text.of(zh="样例技术学院", en="Sample Technical Academy"),
    scheme_title=Text.of(zh="电工", en="Electrician"),
    component_title=Text.of(zh="理论", en="Theory"),
    component="theory",
    sitting="spring",
    minutes=90,
    languages=("zh", "en"),
    sample=False,
)
ROWS = tuple(
    ListRow(
        candidate=Candidate(id=f"M{number:03}", name=f"考生{number}", seat=f"A-{number}"),
        paper_id=f"P{number:03}-XXXX",
        minutes=90,
        extra_minutes=0,
    )
    for number in range(60, 0, -1)
)


def printed(printer: PaperPrinter, rows: tuple[ListRow, ...], head: ListHead = HEAD) -> dict[str, bytes]:
    """Each list by its kind."""
    return dict(zip(KINDS, printer.lists(head, rows), strict=True))


def test_each_candidate_stands_once_in_the_order_of_the_seats(printer: PaperPrinter, poppler: Reader) -> None:
    """Sixty candidates, given in another order, are on each list from A-1 to A-60; A-2 comes before A-10."""
    for pdf in printed(printer, ROWS).values():
        assert re.findall(r"M\d{3}", poppler(pdf)) == [f"M{number:03}" for number in range(1, 61)]


def test_every_page_with_rows_names_its_columns(printer: PaperPrinter, poppler: Reader) -> None:
    """Whoever holds the third page of a list knows what its columns are."""
    for kind, pdf in printed(printer, ROWS).items():
        pages = [page for page in poppler(pdf).split("\f") if re.search(r"M\d{3}", page)]
        assert len(pages) > 2
        assert all("Candidate no." in page for page in pages), kind


def test_who_has_other_needs_is_told(printer: PaperPrinter, poppler: Reader) -> None:
    """Extra time and another print stand in the hand-out record, in the row of whom they are for and in no other."""
    other = replace(ROWS[-1], minutes=120, extra_minutes=30, accommodations=(LOOKS["large-print"],))
    text = poppler(printed(printer, (*ROWS[:-1], other))["hand_out"])

    assert text.count("120 分钟") == 1
    assert text.count("大字版") == 1


def test_a_row_tells_who_sits_there(printer: PaperPrinter, mupdf: Reader) -> None:
    """Latin name, organisation and the end of an identity document stand on the lists that ask for them."""
    candidate = replace(ROWS[0].candidate, name_en="Zhang San", organisation="第一技工学校", id_document_last4="123X")
    lists = printed(printer, (replace(ROWS[0], candidate=candidate),))

    for kind, told in {"seat_list": ("Zhang San", "第一技工学校"), "sign_in": ("Zhang San", "123X")}.items():
        text = mupdf(lists[kind])
        assert all(one in text for one in told), kind
    assert "123X" not in mupdf(lists["seat_list"])


def test_one_list_in_english_alone(printer: PaperPrinter, mupdf: Reader) -> None:
    """A sitting in English prints no Chinese but names."""
    text = mupdf(printed(printer, ROWS[:1], replace(HEAD, languages=("en",)))["sign_in"])

    assert "Sign-in sheet" in text
    assert "签到" not in text


def named(name: str, **changes: str) -> ListRow:
    """The row of somebody of this name."""
    return replace(ROWS[0], candidate=replace(ROWS[0].candidate, name=name, **changes))


@pytest.mark.parametrize("kind", KINDS)
def test_rare_letters_are_as_large_as_others(kind: str, printer: PaperPrinter, spelled: Spelled) -> None:
    """A name that our faces lack letters for is set in the size of every name."""
    usual, rare = (spelled(printed(printer, (named(one),))[kind], one)[0] for one in ("王芳菲", "喆堃䶮𬭸"))

    assert rare.size == pytest.approx(usual.size, rel=0.01)
    assert rare.y == pytest.approx(usual.y, abs=0.5)


def test_rare_letters_of_a_list_weigh_little(printer: PaperPrinter) -> None:
    """They are TrueType like the rest, and four of them add less than 8 KB."""
    usual, rare = (printed(printer, (named(one),))["seat_list"] for one in ("王芳菲", "喆堃䶮𬭸"))

    assert font_kinds(rare) == {"/CIDFontType2"}
    assert len(rare) < len(usual) + 8_000


def test_a_long_name_stays_in_its_row(printer: PaperPrinter, spelled: Spelled) -> None:
    """It is set small in the narrow column of the record, and does not reach over the rules above and below."""
    name = "Maximiliana Alexandra von Hohenberg-Schwarzenfeld y Montenegro de los Santos"
    letters = spelled(printed(printer, (named(name),))["hand_out"], name)

    assert max(one.y for one in letters) - min(one.y for one in letters) + letters[0].size < 10.5 * 72 / 25.4
    assert min(one.size for one in letters) > 5


@pytest.mark.parametrize("kind", ["seat_list", "sign_in"])
def test_a_long_name_leaves_the_latin_one_its_line(kind: str, printer: PaperPrinter, spelled: Spelled) -> None:
    """Set small on three lines, it ends above the line of the name in Latin letters."""
    name = "Maximiliane Wolfeschlegelsteinhausenbergerdorff von Hohenzollern-Sigmaringen"
    pdf = printed(printer, (named(name, name_en="Zhang San"),))[kind]
    latin = spelled(pdf, "ZhangSan")

    assert max(one.y for one in spelled(pdf, name)) < min(one.y for one in latin) - 0.8 * latin[0].size


def test_time_and_needs_stand_clear_of_the_rules(printer: PaperPrinter, spelled: Spelled) -> None:
    """However much a row of the record tells, its first and last lines keep a distance from those of the table."""
    other = replace(ROWS[1], minutes=113, extra_minutes=23, accommodations=(LOOKS["tagged"],))
    pdf = printed(printer, (other, replace(ROWS[0], minutes=120, extra_minutes=30)))["hand_out"]
    last = max(one.y for one in spelled(pdf, "technology"))
    first = min(one.y - one.size for one in spelled(pdf, "120 分钟"))

    assert first - last > 8


def test_the_apostrophe_of_a_name_is_no_wider_than_in_english(printer: PaperPrinter, spelled: Spelled) -> None:
    """In Chinese type it would take the width of a character, and tear the name apart."""
    mark, after = spelled(printed(printer, (named("Seán O’Brien"),))["seat_list"], "’B")

    assert after.x - mark.x < 0.4 * mark.size


def test_minutes_of_three_digits_stay_on_their_line(printer: PaperPrinter, poppler: Reader) -> None:
    """Both languages tell the time on one line, and the extra time on lines of its own."""
    text = poppler(printed(printer, (replace(ROWS[0], minutes=113, extra_minutes=23),))["hand_out"])

    assert "113 分钟 113 min" in text
    assert "with 23 extra" in text


def test_a_name_that_cannot_be_shown_is_told(printer: PaperPrinter) -> None:
    """Among sixty candidates, whose it is; and the package that has the letters of another script."""
    with pytest.raises(InputError) as error:
        printed(printer, (named("ཚེ་རིང"), *ROWS[1:]))

    assert "`ཚེ་རིང`" in error.value.message
    assert "fonts-noto-core" in (error.value.hint or "")
    assert "hanazono" not in (error.value.hint or "")
