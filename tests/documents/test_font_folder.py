"""The layout engine's copies of fonts: they are gone when the processes that use them are, however those end."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from certengine.documents.font_folder import new_font_folder
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Typesetter
from certengine.errors import Refused

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary files of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def killed(temporary: Path) -> Path:
    """What a killed process left behind."""
    child = os.fork()
    if child == 0:
        new_font_folder()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = temporary.iterdir()
    (left / "font").touch()
    return left


@pytest.fixture
def held(temporary: Path) -> Iterator[Path]:
    """A folder that this process has given up and one forked from it still uses."""
    folder, descriptor = new_font_folder()
    child = os.fork()
    if child == 0:
        signal.pause()
    os.close(descriptor)
    yield folder
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_nothing_is_left_by_a_typesetter(fonts: FontSet, temporary: Path) -> None:
    """The folder goes with the typesetter that filled it."""
    typesetter = Typesetter(fonts)
    assert [len(list(folder.iterdir())) for folder in temporary.iterdir()] == [len(fonts.faces)]
    del typesetter

    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(killed: Path) -> None:
    """Killing a thousand times fills no disk."""
    folder, descriptor = new_font_folder()

    assert (killed.exists(), folder.exists()) == (False, True)
    os.close(descriptor)


def test_a_folder_in_use_stays(held: Path) -> None:
    """One that any process still holds is not taken away."""
    _, descriptor = new_font_folder()

    assert held.exists()
    os.close(descriptor)


def test_a_link_of_that_name_is_not_followed(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever else may write there has nothing removed through us."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (temporary / "certengine-fonts-x").symlink_to(elsewhere)
    _, descriptor = new_font_folder()

    assert elsewhere.exists()
    os.close(descriptor)


def test_no_room_for_fonts_is_refused(fonts: FontSet, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be made is said with the way out."""
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))

    with pytest.raises(Refused, match="no font was loaded: No such file or directory"):
        Typesetter(fonts)
