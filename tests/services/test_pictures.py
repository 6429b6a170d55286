"""Pictures of a bank from its files to the store to a page: published once, printed when the files are gone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from certengine.canonical import digest_of_bytes
from certengine.errors import AnswerIsNo, Refused
from certengine.services.banks import publish_bank
from certengine.services.overview import check_database
from certengine.services.pictures import figures_of, pictures_in_files
from certengine.store.pictures import load_pictures
from tests.services.small_world import BANK, World, acting

pytestmark = pytest.mark.slow

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>'
FIGURE = 'figures: [{file: figures/box.svg, alt: {zh: "方框", en: "a box"}, width: 20}]\n    key: a\n'


@pytest.fixture
def root(world: World, tmp_path: Path) -> Path:
    """The small academy, an item of its bank with a figure."""
    root = world.copy("published", tmp_path / "academy")
    bank = root / "question_banks" / BANK
    (bank / "figures").mkdir()
    (bank / "figures" / "box.svg").write_bytes(SVG)
    items = bank / "items" / "all.yaml"
    items.write_text(items.read_text("utf-8").replace("key: a\n", FIGURE, 1), encoding="utf-8")
    return root


def test_a_published_picture_outlives_its_file(root: Path) -> None:
    """The bytes are in the store under their digest, which the bank's version names; the file may go."""
    with acting(root) as context:
        bank, new = publish_bank(context, BANK, reason="with a figure")
        shutil.rmtree(root / "question_banks" / BANK)
        with context.reading() as connection:
            kept = load_pictures(connection, {figure.digest or "" for figure in figures_of(bank.contents)})

        assert new
        assert kept == {digest_of_bytes(SVG): SVG}
        assert check_database(context) == ()


def test_another_picture_is_another_version(root: Path) -> None:
    """A bank whose picture changed is published anew; the earlier version keeps its own."""
    with acting(root) as context:
        first, _ = publish_bank(context, BANK, reason="first")
        assert publish_bank(context, BANK, reason="again") == (first, False)
        (root / "question_banks" / BANK / "figures" / "box.svg").write_bytes(SVG.replace(b'height="1"', b'height="2"'))
        second, new = publish_bank(context, BANK, reason="second")
        wanted = {figure.digest or "" for bank in (first, second) for figure in figures_of(bank.contents)}
        with context.reading() as connection:
            assert len(load_pictures(connection, wanted)) == 2
    assert new


def test_a_picture_that_changes_meanwhile_is_not_published(root: Path) -> None:
    """What is frozen is what was checked."""
    with acting(root) as context:
        draft, _ = context.workspace.read_bank(BANK)
        assert draft is not None
        file = root / "question_banks" / BANK / "figures" / "box.svg"
        file.write_bytes(SVG.replace(b'height="1"', b'height="3"'))
        with pytest.raises(Refused, match="changed while it was read"):
            pictures_in_files(context, draft)
        file.unlink()
        with pytest.raises(AnswerIsNo, match="there is no picture"):
            pictures_in_files(context, replace(draft, stimuli=()))
