"""Questions of a foreign file on their way to drafts: records believed or not, ids, areas, what each loses.

A record of ours is believed as far as writing it again gives what the file says; where a person changed the file, the
file decides. Nothing a file claims about status and review counts.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from certengine.interchange.areas import Areas
from certengine.interchange.bank_formats import BankFormat
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.projection import completed, item_of, question_of, tags_not_ours
from certengine.interchange.questions import Question, retold
from certengine.model.bank import BankDraft, CognitiveLevel, Item, ItemStatus
from certengine.model.text import Text
from certengine.services.exchanged_pictures import Gallery
from certengine.workspace.bank_files import BankHead
from certengine.workspace.bank_writing import head_from, item_from
from certengine.workspace.ids import ID

UNSET_LEVEL: Final = CognitiveLevel(id="unset", title=Text.of(zh="未定", en="Not yet set"))
"""The level of questions of which no file says one."""

_HAN: Final = re.compile("[\u3400-\u9fff]")
_PLACES: Final = ("line-", "question-", "row-")
_REVIEW: Final = "what a file claims does not count: imported items are drafts until somebody here reviews them"


class Intake:
    """Questions on their way to items: what they were read from, the areas they make, what they lose."""

    def __init__(
        self,
        chosen: BankFormat,
        questions: Sequence[Question],
        existing: BankDraft | None,
        *,
        language: str | None,
        author: str,
        gallery: Gallery,
    ) -> None:
        self.questions = questions
        self.existing = existing
        self.author = author
        self.gallery = gallery
        self.losses: list[Loss] = []
        self.renamed: list[tuple[str, str]] = []
        self.whole: set[str] = set()
        self.head = _recorded_head(questions)
        self.language = _recorded_language(questions) or language or _guessed_language(questions)
        self.recorded = self._believed(chosen)
        self.levels: dict[str, CognitiveLevel] = {}
        known = existing or self.head
        self.areas = Areas(
            known.areas if known else (), [question.category for question in questions], self.languages()
        )

    def languages(self) -> tuple[str, ...]:
        """The languages of the bank the items go to."""
        known = self.existing or self.head
        return known.languages if known else (self.language,)

    def items(self) -> list[Item]:
        """The drafts, sorted by id."""
        foreign = tags_not_ours(self.questions)
        taken = {item.id for item in self.existing.items} if self.existing else set()
        found: dict[str, Item] = {}
        for number, question in enumerate(self.questions):
            for tag in foreign.get(question.name, ()):
                self._lose(question.name, "tags", f"`{tag[:40]}` says nothing here")
            item = self._item(number, question, {*taken, *found})
            if item.id in taken:
                self._lose(question.name, "item", f"`{item.id}` stands in the bank already", Fate.LEFT_OUT)
                continue
            found[item.id] = self._with_pictures(self._as_draft(item), question)
        known = {*taken, *found}
        return [self._without_strangers(found[one], known) for one in sorted(found)]

    def kept(self, losses: Sequence[Loss]) -> Iterator[Loss]:
        """What a reader lost, without what a believed record made good."""
        yield from (loss for loss in losses if loss.fate is not Fate.LOST or loss.item not in self.whole)

    def grown_bank(self, bank_id: str, title: str, items: Sequence[Item]) -> BankDraft:
        """The draft of a bank that holds the items besides those it had; its head as recorded, or made from the file."""
        known = self.existing or self.head
        levels = {level.id: level for level in known.levels} if known else {}
        for item in items:
            if item.level not in levels:
                text = UNSET_LEVEL.title if item.level == UNSET_LEVEL.id else Text.of(und=item.level)
                named = Text.of({tag: text.best(tag, "en") for tag in self.languages()})
                levels[item.level] = CognitiveLevel(id=item.level, title=named)
        return BankDraft(
            id=bank_id,
            title=known.title if known else Text.of(dict.fromkeys(self.languages(), title or bank_id)),
            languages=self.languages(),
            areas=tuple(self.areas.areas),
            levels=tuple(levels.values()),
            items=(*(self.existing.items if self.existing else ()), *items),
        )

    def _item(self, number: int, question: Question, used: set[str]) -> Item:
        believed = self.recorded.get(number)
        if believed is not None:
            item, rewritten = believed
            item, changed = completed(item, question, rewritten, self.language)
            if "content" not in changed:
                self.whole.add(question.name)
            for name in changed:
                why = f"changed since certengine wrote the file: read as it stands there, in `{self.language}`"
                self._lose(question.name, name, why)
            if question.category != rewritten.category:
                item = replace(item, area=self.areas.of(question.category))
            if item.id not in used or self._is_own(item.id):
                return item
            return replace(item, id=self._new_id(question, used))
        return item_of(
            question,
            self.language,
            id=self._new_id(question, used),
            area=self.areas.of(question.category),
            level=UNSET_LEVEL.id,
            author=self.author,
        )

    def _is_own(self, id_: str) -> bool:
        return self.existing is not None and any(item.id == id_ for item in self.existing.items)

    def _new_id(self, question: Question, used: set[str]) -> str:
        """The id the file gives, when it is one of ours; else the next free ``item-001``."""
        wanted = question.id or "-".join(question.name.split())
        free = wanted not in used or (question.id and self._is_own(wanted))
        if free and ID.fullmatch(wanted) and not wanted.startswith(_PLACES):
            return wanted
        number = next(n for n in range(1, len(used) + 2) if f"item-{n:03}" not in used)
        self.renamed.append((question.name, f"item-{number:03}"))
        return f"item-{number:03}"

    def _as_draft(self, item: Item) -> Item:
        for feature, lost in (("status", item.status is not ItemStatus.DRAFT), ("reviewer", item.reviewer is not None)):
            if lost:
                self._lose(item.id, feature, _REVIEW)
        return replace(item, status=ItemStatus.DRAFT, reviewer=None)

    def _with_pictures(self, item: Item, question: Question) -> Item:
        pictures = {PurePosixPath(picture.name).name: picture for picture in question.pictures}
        item, told = self.gallery.hung(item, pictures)
        for why, fate in told:
            self._lose(item.id, "figures", why, fate)
        return item

    def _without_strangers(self, item: Item, known: set[str]) -> Item:
        """The item without what the bank does not have: enemies, a stimulus."""
        stimuli = {one.id for one in self.existing.stimuli or ()} if self.existing else set()
        if item.stimulus is not None and item.stimulus not in stimuli:
            self._lose(item.id, "stimulus", f"`{item.stimulus}` is not in the bank")
            item = replace(item, stimulus=None)
        return self._with_known_enemies(item, known)

    def _with_known_enemies(self, item: Item, known: set[str]) -> Item:
        gone = [enemy for enemy in item.enemies if enemy not in known]
        for enemy in gone:
            self._lose(item.id, "enemies", f"`{enemy}` is not in the bank")
        return replace(item, enemies=tuple(enemy for enemy in item.enemies if enemy not in gone)) if gone else item

    def _believed(self, chosen: BankFormat) -> dict[int, tuple[Item, Question]]:
        """By number of the question: the recorded item, and how it reads when it is written again."""
        bound: dict[str, tuple[int, Item]] = {}
        for number, question in enumerate(self.questions):
            if not isinstance(question.record, dict):
                continue
            item, findings = item_from(question.record.get("item"), question.name)
            if item is None or not ID.fullmatch(item.id):
                why = f"what certengine wrote aside does not hold: {findings[0].message if findings else 'its id is none'}"
                self._lose(question.name, "record", why)
            elif item.id in bound:
                self._lose(question.name, "record", f"it says `{item.id}`, which another question said before")
            else:
                bound[item.id] = (number, item)
        areas = self.head.areas if self.head else ()
        projected = [
            replace(question_of(item, self.language, areas), pictures=self.questions[number].pictures)
            for number, item in bound.values()
        ]
        title = self.head.title.best(self.language) if self.head else "-"
        again = read_again(chosen, chosen.write(projected, title).data) if projected else ()
        return {bound[one.name][0]: (bound[one.name][1], one) for one in again if one.name in bound}

    def _lose(self, item: str, feature: str, why: str, fate: Fate = Fate.LOST) -> None:
        self.losses.append(Loss(item=item, feature=feature, fate=fate, why=why))


def read_again(chosen: BankFormat, data: bytes) -> tuple[Question, ...]:
    """What a file says, without believing any record in it."""
    with tempfile.TemporaryDirectory(prefix="certengine-") as folder:
        path = Path(folder) / f"again{chosen.suffix}"
        path.write_bytes(data)
        return chosen.read(path).questions


def _recorded_head(questions: Sequence[Question]) -> BankHead | None:
    for question in questions:
        if isinstance(question.record, dict) and "bank" in question.record:
            return head_from(question.record["bank"], question.name)
    return None


def _recorded_language(questions: Sequence[Question]) -> str | None:
    for question in questions:
        if isinstance(question.record, dict):
            language = question.record.get("language")
            if isinstance(language, str) and re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
                return language
    return None


def _guessed_language(questions: Sequence[Question]) -> str:
    texts: list[str] = []

    def note(text: Text) -> Text:
        texts.extend(written for _, written in text.by_language)
        return text

    for question in questions:
        retold(question.content, note)
    return "zh" if any(_HAN.search(text) for text in texts) else "en"
