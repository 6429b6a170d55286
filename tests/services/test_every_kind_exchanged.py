"""Every kind of item, by its own samples, out in every format and in again: the tests follow from the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certengine.interchange.bank_formats import FORMATS, BankFormat
from certengine.interchange.loss import Fate
from certengine.items import KINDS
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Item
from certengine.model.text import Text
from certengine.services.bank_export import export_bank
from certengine.services.bank_import import import_bank
from certengine.services.context import Context
from certengine.workspace.bank_writing import bank_files
from tests.services.small_world import acting

pytestmark = pytest.mark.slow

BOTH = Text.of(zh="各题型", en="every kind")


def samples() -> Iterator[Item]:
    """One item for each different content among the samples of all kinds."""
    for kind in KINDS:
        contents = []
        for sample in kind.samples():
            if sample.content not in contents:
                contents.append(sample.content)
        for number, content in enumerate(contents, start=1):
            yield Item(
                id=f"{kind.id.replace('_', '-')}-{number}",
                kind=kind.id,
                area="A1",
                level="know",
                content=content,
                author="li",
                explanation=BOTH,
            )


@pytest.fixture
def context(at: Callable[[str], Path]) -> Iterator[Context]:
    """A workspace with a bank of every kind's samples."""
    root = at("workspace")
    draft = BankDraft(
        id="kinds",
        title=BOTH,
        languages=("zh", "en"),
        areas=(Area(id="A1", title=BOTH),),
        levels=(CognitiveLevel(id="know", title=BOTH),),
        items=tuple(samples()),
    )
    for name, text in bank_files(draft).items():
        path = root / "question_banks" / "kinds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with acting(root) as found:
        yield found


def items_of(context: Context, bank: str) -> dict[str, Item]:
    """A bank's items by id."""
    draft, _ = context.workspace.read_bank(bank)
    assert draft is not None
    return {item.id: item for item in draft.items}


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
def test_every_kind_comes_back_or_is_left_out_by_name(context: Context, format_: BankFormat, tmp_path: Path) -> None:
    """An item is in the file or named as left out; what is in a file that keeps records comes back the same."""
    run = export_bank(context, "kinds", tmp_path, format_.id)
    before = items_of(context, "kinds")
    kinds_left_out = {before[item].kind for item in run.report.left_out}
    assert kinds_left_out == {kind.id for kind in KINDS} - set(format_.kinds)
    fates = {loss.fate for loss in run.report.losses}
    assert fates <= {Fate.LEFT_OUT, Fate.ASIDE if format_.keeps_aside else Fate.LOST}
    import_bank(context, run.target, "again", format=format_.id)
    after = items_of(context, "again")
    if format_.keeps_aside:
        assert after == {id_: item for id_, item in before.items() if item.kind in format_.kinds}
    else:
        assert len(after) == len([item for item in before.values() if item.kind in format_.kinds])
