"""Printing a sealed sitting: what is resumed, what is remembered, and that nothing of a key is in a candidate's file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certengine.assembly.views import paper_view
from certengine.documents.blocks import Fragment
from certengine.documents.composition import FaceShelf
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.errors import InputError, NotFound
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item
from certengine.model.text import Text
from certengine.model.view import PaperView
from certengine.services import print_plan, print_workers, printing
from certengine.services.block_cache import BlockCache
from certengine.services.print_plan import PrintOrder
from certengine.services.print_record import PrintRecord
from certengine.services.sittings import LoadedSitting, load
from tests.services.small_world import SITTING, World, acting

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def printed(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A sealed workspace and what was printed of it; tests copy what they change."""
    root = world.copy("sealed", tmp_path_factory.mktemp("printing") / "workspace")
    with acting(root) as context:
        printing.print_sitting(context, SITTING, root / "print")
    return root, root / "print"


def test_printed_again_from_remembered_blocks_is_the_same(printed: tuple[Path, Path], tmp_path: Path) -> None:
    """Warm or cold, every file has the same bytes, the manifest too."""
    root, folder = printed
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "again")

    assert files(tmp_path / "again") == files(folder)


def test_interrupted_run_goes_on(printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was whole on the disk is kept, what was not is made, and the end is the same as without the interruption."""
    root, folder = printed
    output = tmp_path / "print"
    written: list[str] = []
    write = PrintRecord.write_all

    def interrupted(record: PrintRecord, found: Iterable[tuple[str, bytes, int]]) -> None:
        if len(written) >= 3:
            raise KeyboardInterrupt
        several = list(found)
        written.extend(name for name, _, _ in several)
        write(record, several)

    with acting(root) as context:
        monkeypatch.setattr(PrintRecord, "write_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            printing.print_sitting(context, SITTING, output)
        monkeypatch.setattr(PrintRecord, "write_all", write)
        run = printing.print_sitting(context, SITTING, output)

    assert run.kept == len(written) < len(files(folder)) - 1
    assert files(output) == files(folder)


def test_names_that_no_font_shows_are_told_all_at_once(
    printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its candidate, before anything is written; a rare letter that some font has is none of them."""
    root, _ = printed
    names = {"C1": "王\ue000", "C2": "李喆", "C3": "赵\ue001\ue000"}

    def renamed(*given: Any, **options: Any) -> LoadedSitting:
        found = load(*given, **options)
        people = tuple(replace(one, name=names.get(one.id, one.name)) for one in found.sitting.candidates)
        return replace(found, sitting=replace(found.sitting, candidates=people))

    monkeypatch.setattr(printing, "load", renamed)
    with acting(root) as context, pytest.raises(InputError) as error:
        printing.print_sitting(context, SITTING, tmp_path / "print")

    assert [one.message for one in error.value.findings] == [
        "candidate `C1`: no font of this system can show U+E000",
        "candidate `C3`: no font of this system can show U+E000, U+E001",
    ]
    assert not (tmp_path / "print").exists()


def test_damaged_file_is_made_again(printed: tuple[Path, Path], tmp_path: Path) -> None:
    """A file that is not what the manifest says is replaced, the others stay."""
    root, folder = printed
    output = tmp_path / "print"
    shutil.copytree(folder, output)
    paper = next((output / "papers").glob("*-paper.pdf"))
    paper.write_bytes(paper.read_bytes()[:-7])
    with acting(root) as context:
        run = printing.print_sitting(context, SITTING, output)

    assert run.kept == len(files(folder)) - 2  # the manifest is no printed file
    assert files(output) == files(folder)


def test_plan_names_what_is_printed(printed: tuple[Path, Path]) -> None:
    """The dry run names exactly the files, whatever is ordered."""
    root, folder = printed
    with acting(root) as context:
        assert set(printing.plan_print(context, SITTING)) == files(folder).keys() - {"manifest.json"}
        one_file = printing.plan_print(context, SITTING, PrintOrder(one_file=True))
        alone = printing.plan_print(context, SITTING, PrintOrder(candidates=("C1",), looks=frozenset({"tagged"})))

    assert [name for name in one_file if name.startswith("papers/") and name.endswith(".pdf")] == [
        "papers/all-papers.pdf"
    ]
    assert [name.rpartition("-")[2] for name in alone] == ["sheet.pdf", "tagged.pdf", "sheets.json"]


def test_unknown_candidate_is_not_found(printed: tuple[Path, Path]) -> None:
    """An order for somebody who does not sit is refused before anything is made."""
    with acting(printed[0]) as context, pytest.raises(NotFound, match="C99"):
        printing.plan_print(context, SITTING, PrintOrder(candidates=("C99",)))


def with_other_keys(loaded: LoadedSitting) -> LoadedSitting:
    """The sitting with other keys and explanations in its banks, and nothing else changed."""

    def changed(item: Item) -> Item:
        content = item.content
        if isinstance(content, SingleChoiceContent):
            content = replace(content, key=next(one.id for one in content.options if one.id != content.key))
        if isinstance(content, TrueFalseContent):
            content = replace(content, key=not content.key)
        return replace(item, content=content, explanation=Text.of(zh="另一种解释", en="another reason"))

    banks = {
        name: replace(bank, contents=replace(bank.contents, items=tuple(map(changed, bank.contents.items))))
        for name, bank in loaded.banks.items()
    }
    return replace(loaded, banks=banks)


def candidates_files(folder: Path) -> dict[str, bytes]:
    """What candidates and invigilators get."""
    return {name: data for name, data in files(folder).items() if name.startswith(("papers/", "lists/"))}


def test_candidates_files_do_not_depend_on_the_key(
    printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Banks that differ in nothing but keys and explanations give the same papers, byte by byte and name by name."""
    root, folder = printed
    monkeypatch.setattr(printing, "load", lambda context, sitting: with_other_keys(load(context, sitting)))
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "other")

    assert candidates_files(tmp_path / "other") == candidates_files(folder)
    assert files(tmp_path / "other").keys() - files(folder).keys() == {"keys/marking-guide.pdf"}
    keys = "keys/answer-keys-01.pdf"
    assert files(tmp_path / "other")[keys] != files(folder)[keys]


def test_a_paper_that_tells_its_key_would_be_caught(
    printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A printer broken on purpose, which hides the key in the line for the inspector, does not pass the comparison."""
    root, _ = printed

    def telling(*given: Any) -> PaperView:
        bank = given[1]
        told = "".join(getattr(item.content, "key", "")[:1] for item in bank.contents.items if isinstance(item.content, SingleChoiceContent))  # fmt: skip
        view = paper_view(*given)
        return replace(view, verify_line=f"{view.verify_line} {told}")

    monkeypatch.setattr(print_plan, "paper_view", telling)
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "one")
        monkeypatch.setattr(printing, "load", lambda context, sitting: with_other_keys(load(context, sitting)))
        printing.print_sitting(context, SITTING, tmp_path / "other")

    assert candidates_files(tmp_path / "other") != candidates_files(tmp_path / "one")


def test_nothing_of_a_person_or_a_key_is_remembered(printed: tuple[Path, Path]) -> None:
    """The remembered blocks hold no candidate's id or name; they are readable by their owner alone."""
    folder = printed[0] / ".certengine" / "cache" / "blocks"
    texts = [path.read_text("utf-8") for path in folder.iterdir()]

    assert len(texts) > 1
    assert [path for path in folder.iterdir() if path.stat().st_mode & 0o077] == []
    for name in ("陈晓", "李娜", "王磊"):
        assert not any(all(f'"{letter}"' in text for letter in name) and name in text for text in texts)


def with_other_people(loaded: LoadedSitting) -> LoadedSitting:
    """The sitting with other names and seats, and nothing else changed."""
    people = tuple(
        replace(one, name=f"龘靐{number}", seat=f"Z-{number}", organisation="齉爩", id_document_last4=f"{number:04}")
        for number, one in enumerate(loaded.sitting.candidates)
    )
    return replace(loaded, sitting=replace(loaded.sitting, candidates=people))


def test_blocks_are_the_same_whoever_sits(
    printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people with the same papers need no other block: what is remembered was made without them."""
    root, _ = printed
    remembered = files(root / ".certengine" / "cache" / "blocks")
    monkeypatch.setattr(printing, "load", lambda context, sitting: with_other_people(load(context, sitting)))
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "others")

    assert files(root / ".certengine" / "cache" / "blocks") == remembered


def test_no_paper_id_is_remembered(printed: tuple[Path, Path]) -> None:
    """No candidate's or paper's id, as glyphs of any face, stands in what is remembered."""
    root, folder = printed
    texts = [path.read_text("utf-8") for path in (root / ".certengine" / "cache" / "blocks").iterdir()]
    ids = {
        part
        for name in files(folder)
        if name.endswith("-paper.pdf")
        for part in re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", name)
    }
    shelf = FaceShelf(prepare_fonts(default_font_cache()))
    shown = {
        "".join(f"{shelf.face(face).glyph(letter):04x}" for letter in one)
        for one in ids
        for face in ("F0", "F1", "F2", "F3")
    }

    assert len(ids) == 6
    assert [one for one in (*ids, *shown) if any(one in text for text in texts)] == []


def test_cache_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    """Beyond its bound the cache drops packs that were not used last; what it forgot is lacking again."""
    fragments = {one.key: one for one in (Fragment("paper", "zh", "line", 10.0, f"block {n}") for n in range(3))}
    keys = list(fragments)
    cache = BlockCache(tmp_path, "edition")
    for key in keys:
        cache.keep(["x" * 1000], [key])
    cache.names([keys[0]])
    cache.settle(bound=2100)

    assert list(BlockCache(tmp_path, "edition").lacking(fragments)) == [keys[1]]
    assert list(BlockCache(tmp_path, "another edition").lacking(fragments)) == keys


def test_everything_is_made_in_one_process_alike(
    printed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of processes changes no byte."""
    root, folder = printed
    monkeypatch.setattr(print_workers, "WORKERS", 1)
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "alone")

    assert files(tmp_path / "alone") == files(folder)


@pytest.mark.parametrize("long", [False, True])
def test_printing_processes_leave_nothing_aside(printed: tuple[Path, Path], tmp_path: Path, long: bool) -> None:
    """When the print job is done no process of it has left a temporary file, however long the path of those is."""
    command = [sys.executable, "-m", "certengine_cli", "paper", "print", SITTING, "-o", tmp_path / "print"]
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # the name is a random one
        temporary = tmp_path.joinpath("a" * 50, "b" * 50) if long else Path(short)
        temporary.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [*command, "--workspace", printed[0], "--as", "admin"],
            env=os.environ | {"TMPDIR": str(temporary)},
            check=True,
        )

        assert list(temporary.iterdir()) == []


def test_what_is_ordered_is_printed_and_nothing_else(printed: tuple[Path, Path], tmp_path: Path) -> None:
    """Folders that were asked for have the same files as in a whole run; others are not there."""
    root, folder = printed
    with acting(root) as context:
        printing.print_sitting(context, SITTING, tmp_path / "some", PrintOrder(folders=frozenset({"keys", "lists"})))

    wanted = {name: data for name, data in files(folder).items() if name.startswith(("keys/", "lists/"))}
    assert wanted
    assert {name: data for name, data in files(tmp_path / "some").items() if name != "manifest.json"} == wanted


def test_a_design_copied_long_ago_is_completed(printed: tuple[Path, Path], tmp_path: Path) -> None:
    """A workspace whose own copy of the design lacks a template that came later prints with the bundled one."""
    root, folder = printed
    old = tmp_path / "workspace"
    shutil.copytree(root, old)
    for name in ("list_blocks.html", "list_blocks.css", "paper_blocks.html", "blocks.css"):
        (old / "templates" / "formal" / name).unlink()
    with acting(old) as context:
        printing.print_sitting(context, SITTING, tmp_path / "print", PrintOrder(folders=frozenset({"lists"})))

    assert {name: data for name, data in files(tmp_path / "print").items() if name.startswith("lists/")} == {
        name: data for name, data in files(folder).items() if name.startswith("lists/")
    }


def test_work_that_others_wait_for_comes_first() -> None:
    """What nothing waits for is begun only when nothing urgent is left, and what is added meanwhile is found."""
    tasks = print_workers.Tasks()
    tasks.others.extend([(str, 1), (str, 2)])
    tasks.add(str, [3])
    taken = []
    for result in print_workers.Workers(None).run(tasks):
        taken.append(result)
        if result == "1":
            tasks.add(str, [4])

    assert taken == ["3", "1", "4", "2"]
