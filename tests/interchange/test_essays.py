"""Essays in exchange: question, room and words for the marker; the rubric itself rides along as a record only."""

from __future__ import annotations

from pathlib import Path

import pytest

from certengine.interchange.bank_workbook import read_workbook, write_workbook
from certengine.interchange.gift import read_gift, write_gift
from certengine.interchange.moodle_reading import read_moodle
from certengine.interchange.moodle_xml import write_moodle
from certengine.interchange.qti_package import read_qti, write_qti
from certengine.interchange.qti_versions import VERSIONS, QtiVersion
from certengine.interchange.questions import LANGUAGE
from certengine.items.essay import Essay, EssayContent
from certengine.items.rubric import Criterion
from tests.interchange.exchanged import asked, read_text, und

ESSAY = EssayContent(
    stem=und("Why prove dead first?"),
    lines=12,
    points=6,
    criteria=(
        Criterion(id="why", title=und("names the danger"), marks=4, levels=(und("no"), und("half"))),
        Criterion(id="how", title=und("names the tester"), marks=2, requires="why"),
    ),
    model_answer=und("Stored charge.\nTwo-pole tester."),
)
QUESTION = asked("essay", ESSAY, explanation="EN 50110-1")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.number)
def test_an_essay_in_qti(tmp_path: Path, version: QtiVersion) -> None:
    """Question and lines come back; what only scorers see is the guide, what tutors see too is the explanation."""
    found = read_text(read_qti, tmp_path, write_qti([QUESTION], "b", version).data, "e.zip").questions[0]
    assert (found.kind, found.content.stem, found.content.lines) == ("essay", ESSAY.stem, 12)
    assert found.explanation == "EN 50110-1"
    guide = found.content.model_answer.best(LANGUAGE)
    assert guide.startswith("Stored charge.\nTwo-pole tester.\n[why] names the danger (0-4) - 0: no; 1: half\n")
    assert "[how] names the tester (0-2) (" in guide


def test_an_essay_in_moodle(tmp_path: Path) -> None:
    """Full marks are the rubric's points, the guide is for the grader, and the room for the answer is kept."""
    data = write_moodle([QUESTION], "b").data
    found = read_text(read_moodle, tmp_path, data, "e.xml")
    content = found.questions[0].content
    assert (content.stem, content.lines, content.points) == (ESSAY.stem, 12, 6)
    assert "names the danger" in content.model_answer.best(LANGUAGE)
    assert [loss.feature for loss in found.losses] == ["rubric"]


def test_an_essay_in_gift_and_in_the_workbook(tmp_path: Path) -> None:
    """GIFT keeps the question alone; the workbook keeps the model answer too."""
    bare = read_text(read_gift, tmp_path, write_gift([QUESTION], "b").data, "e.gift")
    row = read_text(read_workbook, tmp_path, write_workbook([QUESTION], "b").data, "e.xlsx")
    assert bare.questions[0].content.stem == row.questions[0].content.stem == ESSAY.stem
    assert row.questions[0].content.model_answer == ESSAY.model_answer
    assert {loss.feature for loss in bare.losses} == {"rubric", "model_answer"}


def test_a_foreign_essay_becomes_a_sound_draft(tmp_path: Path) -> None:
    """What a foreign file makes has a rubric that holds together, whatever numbers stand in it."""
    wild = (
        '<quiz><question type="essay"><name><text>W</text></name><questiontext format="html"><text>Write</text>'
        "</questiontext><defaultgrade>1e9</defaultgrade><responsefieldlines>0</responsefieldlines>"
        "<attachments>2</attachments></question></quiz>"
    )
    found = read_text(read_moodle, tmp_path, wild, "w.xml")
    content = found.questions[0].content
    assert (content.lines, content.points) == (1, 100)
    assert list(Essay().check(content, (LANGUAGE,))) == []
    assert {loss.feature for loss in found.losses} == {"rubric", "model_answer", "attachments"}
