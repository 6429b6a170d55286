"""Banks out and in again: nothing is lost that the report does not name, and nothing that exists is written over."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import AnswerIsNo, CertengineError, InputError, NotFound, Refused, UsageError
from certengine.interchange.bank_formats import FORMATS, format_named
from certengine.interchange.loss import Fate
from certengine.model.bank import BankDraft, Importance, Item, ItemStatus
from certengine.services.bank_export import export_bank
from certengine.services.bank_import import import_bank
from certengine.services.context import Context
from certengine.workspace.bank_files import read_bank
from tests.services.small_world import BANK, acting

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[2] / "question_banks"
KEEPING = tuple(one.id for one in FORMATS if one.keeps_aside)
WITH_PICTURES = ("qti21", "qti22", "qti3", "moodle")
GIFT = """$CATEGORY: $course$/top/Course/Safety

::Q1::Which is blue? {=sky ~grass}

Copper conducts. {T}

Write! {}

$CATEGORY: $course$/top/Course/Drives and servo

// [tag:level:know] [tag:odd]
::Rated speed::Speed? {#1500:15}
"""

MOODLE = """<quiz><question type="truefalse"><questiontext><text>Q</text></questiontext>
<answer fraction="100"><text>true</text></answer></question></quiz>"""


@pytest.fixture
def academy(at: Callable[[str], Path]) -> Iterator[Context]:
    """A workspace with the small bank and the three sample banks."""
    root = at("workspace")
    for folder in SAMPLES.iterdir():
        shutil.copytree(folder, root / "question_banks" / folder.name)
    with acting(root) as context:
        yield context


@pytest.fixture
def small(at: Callable[[str], Path]) -> Iterator[Context]:
    """A workspace with the small bank alone."""
    with acting(at("workspace")) as context:
        yield context


def draft_of(context: Context, bank_id: str) -> BankDraft:
    """A bank's draft, which must bind."""
    draft, _ = context.workspace.read_bank(bank_id)
    assert draft is not None
    return draft


def unreviewed(item: Item, format_: str = "qti3") -> Item:
    """What every import makes of an item of ours: a draft outside its case, whose text no file carries."""
    figures = item.figures if format_ in WITH_PICTURES else None
    return replace(item, status=ItemStatus.DRAFT, reviewer=None, figures=figures, stimulus=None)


def put(context: Context, text: str, name: str = "foreign.gift") -> Path:
    """A foreign file."""
    path = context.workspace.root.parent / name
    path.write_text(text, encoding="utf-8")
    return path


COMPUTED = """\
format: 1
items:
  - id: "K1"
    kind: single_choice
    area: S
    level: know
    author: "chen"
    stem: {zh: "{U} V 除以 {R} Ω？", en: "{U} V over {R} Ω?"}
    parameters: {U: {values: [12, 24]}, R: {values: [2, 3]}}
    derived: {right: {formula: "U/R"}, product: {formula: "U*R"}}
    options:
      - {id: a, text: {zh: "{right} A", en: "{right} A"}}
      - {id: b, text: {zh: "{product} A", en: "{product} A"}, mistake: {zh: "乘了", en: "multiplies"}}
    key: a
  - id: "K2"
    kind: numeric
    area: S
    level: know
    author: "chen"
    stem: {zh: "{U} 的三分之一？", en: "A third of {U}?"}
    parameters: {U: {values: [10, 20]}}
    key: "U/3"
    places: 2
    tolerance: {significant: 3}
"""


@pytest.mark.parametrize("format_", KEEPING)
def test_one_variant_stands_for_computed_options(small: Context, format_: str, tmp_path: Path) -> None:
    """Other programs see one drawn paper, and are told; we ourselves read the item with its formulas again."""
    items = small.workspace.root / "question_banks" / "small" / "items" / "computed.yaml"
    items.write_text(COMPUTED, encoding="utf-8")
    exported = export_bank(small, "small", tmp_path, format_)
    said = {(loss.item, loss.feature) for loss in exported.report.losses}
    assert {("K1", "parameters"), ("K1", "mistake"), ("K2", "parameters")} <= said
    import_bank(small, exported.target, "again", format=format_)
    before, after = draft_of(small, "small"), draft_of(small, "again")
    assert [after.item(one).content for one in ("K1", "K2")] == [before.item(one).content for one in ("K1", "K2")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "bank_id",
    [
        "new-energy-vehicles",
        pytest.param("ai-machine-vision", marks=pytest.mark.long),
        pytest.param("industrial-automation", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("format_", KEEPING)
def test_our_own_files_lose_nothing(academy: Context, bank_id: str, format_: str, tmp_path: Path) -> None:
    """What is exported is imported as the same items, but for review, cases, and pictures where a format has none."""
    exported = export_bank(academy, bank_id, tmp_path, format_)
    run = import_bank(academy, exported.target, "again", format=format_)
    before, after = draft_of(academy, bank_id), draft_of(academy, "again")
    left_out = set(exported.report.left_out)
    carried = [unreviewed(item, format_) for item in before.items if item.id not in left_out]
    kept = {item.id for item in carried}
    assert after.items == tuple(
        replace(item, enemies=tuple(enemy for enemy in item.enemies if enemy in kept)) for item in carried
    )
    assert (after.title, after.languages, after.areas, after.levels) == (
        before.title,
        before.languages,
        before.areas,
        before.levels,
    )
    assert {loss.feature for loss in run.report.losses} <= {"status", "reviewer", "enemies", "figures", "stimulus"}
    assert {item.kind for item in before.items if item.id in left_out}.isdisjoint(format_named(format_).kinds)


@pytest.mark.parametrize("format_", KEEPING)
def test_the_export_report_names_what_others_do_not_see(small: Context, format_: str, tmp_path: Path) -> None:
    """Provenance and the other language of an item stand aside, and the report says so for that item."""
    run = export_bank(small, BANK, tmp_path, format_)
    item = next(one for one in draft_of(small, BANK).items if one.kind == "single_choice")
    aside = {loss.feature for loss in run.report.of(item.id) if loss.fate is Fate.ASIDE}
    assert {"provenance", "languages", "author"} <= aside
    assert run.report.complete


def test_a_format_without_a_place_aside_loses_by_name(small: Context, tmp_path: Path) -> None:
    """Aiken carries single choice; all other items are left out, and every field beside the text is lost."""
    run = export_bank(small, BANK, tmp_path, "aiken")
    items = draft_of(small, BANK).items
    others = {item.id for item in items if item.kind != "single_choice"}
    assert set(run.report.left_out) == others
    item = next(item for item in items if item.kind == "single_choice")
    lost = {loss.feature for loss in run.report.of(item.id) if loss.fate is Fate.LOST}
    assert {"area", "level", "provenance", "languages"} <= lost


def test_an_export_is_readable_by_its_owner_only(small: Context, tmp_path: Path) -> None:
    """The file holds the keys of an examination."""
    run = export_bank(small, BANK, tmp_path / "bank.gift", "gift")
    assert run.target.stat().st_mode & 0o077 == 0


def test_the_other_language_can_be_the_visible_one(small: Context, tmp_path: Path) -> None:
    """Exported in English, the file shows English and still carries Chinese."""
    run = export_bank(small, BANK, tmp_path, "gift", language="en")
    stem = draft_of(small, BANK).items[0].content.stem
    visible = [line for line in run.target.read_text("utf-8").splitlines() if not line.startswith("//")]
    assert not any(stem.best("zh") in line for line in visible)
    import_bank(small, run.target, "again")
    assert draft_of(small, "again").items == tuple(unreviewed(item) for item in draft_of(small, BANK).items)


def test_a_foreign_file_makes_a_bank_of_drafts(small: Context) -> None:
    """Questions of a stranger get ids, areas and a level, are drafts of whoever imported them, and read as a bank."""
    run = import_bank(small, put(small, GIFT), "strangers")
    draft = draft_of(small, "strangers")
    assert [(item.id, item.area, item.level, item.status, item.author) for item in draft.items] == [
        ("Q1", "Safety", "unset", ItemStatus.DRAFT, "admin"),
        ("Rated-speed", "Drives-and-servo", "know", ItemStatus.DRAFT, "admin"),
        ("item-001", "Safety", "unset", ItemStatus.DRAFT, "admin"),
        ("item-002", "Safety", "unset", ItemStatus.DRAFT, "admin"),
    ]
    assert (run.new_bank, run.sources[0].format, draft.languages) == (True, "gift", ("en",))
    assert run.sources[0].renamed == (("line 5", "item-001"), ("line 7", "item-002"))
    assert [(loss.feature, loss.fate) for loss in run.report.losses] == [
        ("rubric", Fate.LOST),
        ("model_answer", Fate.LOST),
        ("tags", Fate.LOST),
    ]
    assert run.findings == ()


def test_an_import_into_a_bank_adds_a_file_beside_the_others(small: Context) -> None:
    """An existing bank gets new files; its own stay as they were, to the byte."""
    folder = small.workspace.root / "question_banks" / BANK
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    first = import_bank(small, put(small, GIFT), BANK)
    second = import_bank(small, put(small, GIFT.replace("Q1", "Q2").replace("Rated", "Other")), BANK)
    assert (first.files, second.files) == (
        (f"question_banks/{BANK}/items/import-foreign.yaml",),
        (f"question_banks/{BANK}/items/import-foreign-2.yaml",),
    )
    assert {path: path.read_bytes() for path in before} == before
    assert {"Q1", "Q2"} <= {item.id for item in draft_of(small, BANK).items}


def test_what_is_left_to_do_comes_with_the_import(small: Context) -> None:
    """The missing translation and the unknown area of imported items are findings in the new file."""
    run = import_bank(small, put(small, GIFT), BANK)
    assert {"text/missing-language", "item/unknown-area", "item/unknown-level"} == {one.code for one in run.findings}
    assert {one.place.source for one in run.findings if one.place} == set(run.files)


def test_items_that_stand_in_the_bank_are_not_imported_again(small: Context, tmp_path: Path) -> None:
    """An exported bank imported into itself changes nothing, and says of each item why."""
    run = export_bank(small, BANK, tmp_path, "gift")
    with pytest.raises(AnswerIsNo, match="not one question"):
        import_bank(small, run.target, BANK)
    assert not list((small.workspace.root / "question_banks" / BANK / "items").glob("import*"))


def test_a_dry_run_writes_nothing(small: Context) -> None:
    """The plan is told, the workspace stays as it was."""
    before = sorted(small.workspace.root.rglob("*"))
    run = import_bank(small, put(small, GIFT), "strangers", dry_run=True)
    assert (len(run.items), sorted(small.workspace.root.rglob("*"))) == (4, before)


def test_what_was_changed_in_the_file_is_taken_over(small: Context, tmp_path: Path) -> None:
    """A stem corrected elsewhere wins over the record; the rest of that item comes from the record."""
    item = next(one for one in draft_of(small, BANK).items if one.kind == "single_choice")
    run = export_bank(small, BANK, tmp_path, "gift")
    text = run.target.read_text("utf-8")
    old = item.content.stem.best("zh")
    lines = [line.replace(old, "改过的题干") if line.startswith("::") else line for line in text.splitlines()]
    run.target.write_text("\n".join(lines), encoding="utf-8")
    imported = import_bank(small, run.target, "again")
    after = draft_of(small, "again").item(item.id)
    assert (after.content.stem.to_json(), after.provenance) == ({"zh": "改过的题干"}, item.provenance)
    assert [loss.feature for loss in imported.report.of(item.id) if loss.feature == "content"] == ["content"]


def test_a_forged_record_is_no_way_in(small: Context, tmp_path: Path) -> None:
    """A record that claims another text than the file shows changes no text, and its claim of a review no status."""
    item = next(one for one in draft_of(small, BANK).items if one.kind == "single_choice")
    run = export_bank(small, BANK, tmp_path, "gift")
    stem = item.content.stem.best("zh")
    text = run.target.read_text("utf-8").replace(f'"zh":"{stem}"', '"zh":"forged"')
    assert '"status":"active"' in text
    run.target.write_text(text, encoding="utf-8")
    import_bank(small, run.target, "again")
    draft = draft_of(small, "again")
    assert draft.item(item.id).content.stem.to_json() == {"zh": stem}
    assert {(one.status, one.reviewer) for one in draft.items} == {(ItemStatus.DRAFT, None)}


@pytest.mark.parametrize(
    "record",
    [
        {"certengine": 1, "item": {"kind": "single_choice"}},
        {"certengine": 1, "item": "x", "bank": {"languages": []}, "language": "zh/../x"},
        {"certengine": 1, "item": {"id": "../../x", "kind": "true_false", "area": "a", "level": "b", "author": "c"}},
    ],
)
def test_a_broken_record_falls_back_to_the_text(small: Context, record: object) -> None:
    """What does not bind is named, and the question is read as it stands."""
    text = f"// certengine {json.dumps(record)}\n::Q1::Copper conducts. {{T}}\n"
    run = import_bank(small, put(small, text), "strangers")
    assert [(loss.item, loss.feature) for loss in run.report.losses] == [("Q1", "record")]
    assert draft_of(small, "strangers").items[0].content.key is True


def test_one_record_is_not_two_items(small: Context, tmp_path: Path) -> None:
    """A question copied with its record becomes an item of its own, with an id of its own."""
    run = export_bank(small, BANK, tmp_path, "gift")
    text = run.target.read_text("utf-8")
    run.target.write_text(text + "\n" + text.split("\n\n", 2)[2].split("\n\n")[0] + "\n", encoding="utf-8")
    imported = import_bank(small, run.target, "again")
    assert len(draft_of(small, "again").items) == len(draft_of(small, BANK).items) + 1
    assert [loss.feature for loss in imported.report.losses if loss.feature == "record"] == ["record"]


def test_a_tag_changed_elsewhere_counts(small: Context, tmp_path: Path) -> None:
    """An importance that somebody corrected as a tag is taken over, and named."""
    item = draft_of(small, BANK).items[0]
    run = export_bank(small, BANK, tmp_path, "gift")
    lines = run.target.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if f"[id:{item.id}]" in line)
    lines[at] = lines[at].replace("[tag:importance:X]", "[tag:importance:Z]")
    run.target.write_text("\n".join(lines), encoding="utf-8")
    imported = import_bank(small, run.target, "again")
    assert draft_of(small, "again").item(item.id) == replace(unreviewed(item), importance=Importance.Z)
    assert "importance" in {loss.feature for loss in imported.report.of(item.id)}


def test_unknown_names_are_refused(small: Context, tmp_path: Path) -> None:
    """An unknown bank, format, language, id and file each have an error of their own."""
    path = put(small, GIFT)
    with pytest.raises(NotFound):
        export_bank(small, "nobody", tmp_path, "gift")
    with pytest.raises(UsageError, match="not a format"):
        export_bank(small, BANK, tmp_path, "word")
    with pytest.raises(UsageError, match="not written in"):
        export_bank(small, BANK, tmp_path, "gift", language="fr")
    with pytest.raises(UsageError, match="not an id"):
        import_bank(small, path, "../x")
    with pytest.raises(NotFound):
        import_bank(small, tmp_path / "none.gift", "strangers")


def test_a_folder_that_is_no_bank_is_left_alone(small: Context) -> None:
    """A folder of that name without a bank in it is refused, not filled."""
    (small.workspace.root / "question_banks" / "strangers").mkdir()
    with pytest.raises(Refused, match="is no bank"):
        import_bank(small, put(small, GIFT), "strangers")


def test_a_bank_that_does_not_bind_is_not_exported_in_part(small: Context, tmp_path: Path) -> None:
    """An item that cannot be read would be missing silently: the export is refused, with the finding."""
    items = small.workspace.root / "question_banks" / BANK / "items" / "broken.yaml"
    items.write_text("format: 1\nitems:\n  - {id: x, kind: oracle}\n", encoding="utf-8")
    with pytest.raises(AnswerIsNo) as caught:
        export_bank(small, BANK, tmp_path, "gift")
    assert [one.code for one in caught.value.findings] == ["item/unknown-kind"]


def test_a_full_disk_leaves_nothing_behind(small: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a file cannot be flushed, neither a bank nor a hidden folder stays."""
    before = sorted(small.workspace.root.rglob("*"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("certengine.workspace.bank_placing.os.fsync", full)
    with pytest.raises(Refused, match="No space left"):
        import_bank(small, put(small, GIFT), "strangers")
    assert sorted(small.workspace.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        ("a.txt", "Q?\nA. x\nB. y\nANSWER: A\n", "aiken"),
        ("a.txt", "Q? {=a ~b}\n", "gift"),
        ("a.xml", MOODLE, "moodle"),
    ],
)
def test_the_format_is_told_by_the_file(small: Context, name: str, text: str, format_: str) -> None:
    """What a file holds says which format it is in."""
    assert import_bank(small, put(small, text, name), "strangers").sources[0].format == format_


@pytest.mark.parametrize("format_", [one.id for one in FORMATS])
def test_our_own_files_say_what_they_are(small: Context, tmp_path: Path, format_: str) -> None:
    """A file of ours is imported without its format being named, packages of QTI with their version."""
    run = export_bank(small, BANK, tmp_path, format_)
    told = import_bank(small, run.target, "again").sources[0].format
    assert told == format_


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04 is no zip at all", b"\xff\xfe<\x00q\x00", b"<", b"{}"])
def test_damaged_files_are_refused(small: Context, data: bytes) -> None:
    """A file that only begins like one of ours is an error of the file, and nothing is written."""
    path = small.workspace.root.parent / "file.xml"
    path.write_bytes(data)
    with pytest.raises(InputError):
        import_bank(small, path, "strangers")
    assert not (small.workspace.root / "question_banks" / "strangers").exists()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    format_=st.sampled_from([one.id for one in FORMATS]),
    place=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 30),
    put_in=st.sampled_from(
        (b"", b"<", b'"', b"{", b"}", b"~=#", b"\xff", b"--", b"1e999", b"<!DOCTYPE x>", b"\x00", b"%50%")
    ),
)
def test_a_file_changed_anywhere_is_read_or_refused(
    small: Context, format_: str, place: float, length: int, put_in: bytes
) -> None:
    """Whatever is changed in a file, it is read with a report or refused with an error that says why."""
    folder = small.workspace.root.parent
    run = export_bank(small, BANK, folder / f"sound-{format_}", format_)
    data = run.target.read_bytes()
    at = int(place * len(data))
    changed = folder / f"changed{format_}.txt"
    changed.write_bytes(data[:at] + put_in + data[at + length :])
    with contextlib.suppress(CertengineError):
        import_bank(small, changed, "again", format=format_, dry_run=True)


def test_a_file_of_no_known_format_is_refused(small: Context) -> None:
    """A file whose name and content say nothing is refused with the way to say it."""
    with pytest.raises(InputError, match="says nothing of its format"):
        import_bank(small, put(small, "x", "notes.doc"), "strangers")


def test_an_import_is_published_only_after_review(small: Context) -> None:
    """Drafts of an import are not active: the bank as imported has nothing to draw."""
    import_bank(small, put(small, GIFT), "strangers")
    draft, _ = read_bank(small.workspace.root / "question_banks" / "strangers", small.workspace.root)
    assert draft is not None
    assert not [item for item in draft.items if item.status is ItemStatus.ACTIVE]
