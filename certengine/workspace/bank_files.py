"""Reading and checking a bank's files: ``bank.yaml`` and ``items/*.yaml``. Everything wrong comes at once, with its place.

Steps of :func:`read_bank`:

1. :func:`read_head`: ``bank.yaml`` as data, bound to its noun and checked.
2. :func:`read_items`, for each file of items: bind each item, one that does not bind keeps no other from being checked;
   check it by its kind, and what every item owes: translations, area, level, reviewer, provenance.
3. :func:`across`: what only shows across items, from their nouns and places alone.

Steps 1 and 2 depend on the bytes of one file and on ``bank.yaml``; :mod:`certengine.workspace.bank_cache` rests on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from certengine.errors import Finding, NotFound, Place, Severity
from certengine.items import KINDS, kind_of
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Item
from certengine.model.text import Text
from certengine.workspace.bank_across import findings_across
from certengine.workspace.bank_lints import lint_bank, lint_item
from certengine.workspace.bank_stimuli import read_stimuli, sets_across, stimulus_findings
from certengine.workspace.binding import bind, closest
from certengine.workspace.calibration_checks import calibration_findings
from certengine.workspace.figure_checks import alt_findings, read_figures
from certengine.workspace.figure_files import figure_paths
from certengine.workspace.ids import ID
from certengine.workspace.item_duties import duties
from certengine.workspace.located import Located, LocatedStimulus, Places
from certengine.workspace.text_checks import markup_findings, text_findings
from certengine.workspace.yaml_source import DataPath, YamlSource, read_yaml

ITEM_FIELDS = tuple(part.name for part in fields(Item) if part.name != "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankHead:
    """``bank.yaml``: identity, languages, areas, levels."""

    format: int
    id: str
    title: Text
    languages: tuple[str, ...]
    areas: tuple[Area, ...]
    levels: tuple[CognitiveLevel, ...]


@dataclass(frozen=True, slots=True)
class HeadFile:
    """``bank.yaml`` read by itself; ``head`` is ``None`` when it does not bind."""

    source: Places
    head: BankHead | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A file of items read by itself: what is in it, and everything wrong that needs no other file of items to be seen.

    Attributes:
        source: the file's name and places.
    """

    source: Places
    items: tuple[Located, ...]
    stimuli: tuple[LocatedStimulus, ...]
    findings: tuple[Finding, ...]


def read_bank(folder: Path, root: Path) -> tuple[BankDraft | None, tuple[Finding, ...]]:
    """A bank's draft and everything found in its files; no draft when ``bank.yaml`` itself does not bind.

    Args:
        root: findings name files relative to it.

    Raises:
        NotFound: when the folder has no ``bank.yaml``.
    """
    if not (folder / "bank.yaml").is_file():
        raise NotFound(
            f"`{shown(folder, root)}` is not a bank: it has no bank.yaml",
            hint="`certengine bank list` shows the banks of this workspace",
        )
    head = read_head(read_yaml(folder / "bank.yaml", shown(folder / "bank.yaml", root)), folder)
    files = [read_items(read_yaml(path, shown(path, root)), head.head, folder) for path in item_paths(folder)]
    if head.head is None:
        return None, _sorted(head.findings, *(file.findings for file in files))
    own = (head.findings, *(file.findings for file in files))
    return draft_of(head.head, files), _sorted(*own, across(head, files, folder, root))


def item_paths(folder: Path) -> list[Path]:
    """The files of items of a bank, sorted."""
    return sorted((folder / "items").glob("*.yaml"))


def read_head(source: YamlSource, folder: Path) -> HeadFile:
    """``bank.yaml`` by itself.

    Args:
        folder: the bank's, whose name is the bank's id.
    """
    findings = list(source.findings)
    head = bind(BankHead, source.data, source, (), findings, area="bank") if source.data is not None else None
    if head is not None:
        findings.extend(_head_findings(head, source))
        if head.id != folder.name:
            findings.append(wrong_folder(source, "bank", head.id, folder))
    return HeadFile(source, head, tuple(findings))


def read_items(source: YamlSource, head: BankHead | None, folder: Path) -> ItemFile:
    """A file of items and stimuli by itself; without a head only what does not bind is found.

    Args:
        folder: the bank's, where the pictures of its figures lie.
    """
    findings = list(source.findings)
    located = tuple(_items(source, folder, findings))
    stimuli = tuple(read_stimuli(source, folder, findings))
    if head is not None:
        for found in located:
            findings.extend(_item_findings(found, head))
            findings.extend(lint_item(found))
        for stimulus in stimuli:
            findings.extend(stimulus_findings(stimulus, _ids(head.areas), _ids(head.levels)))
            findings.extend(text_findings(stimulus.stimulus, source, stimulus.path, head.languages))
            findings.extend(markup_findings(stimulus.stimulus, source, stimulus.path))
    return ItemFile(source, located, stimuli, tuple(findings))


def across(head: HeadFile, files: Sequence[ItemFile], folder: Path, root: Path) -> tuple[Finding, ...]:
    """What only shows when all files are together."""
    assert head.head is not None
    located = [found for file in files for found in file.items]
    stimuli = [found for file in files for found in file.stimuli]
    return (
        *findings_across(located),
        *sets_across(stimuli, located),
        *_unused_figures(located, stimuli, folder, root),
        *lint_bank(head.head.areas, head.source, located),
    )


def draft_of(head: BankHead, files: Sequence[ItemFile]) -> BankDraft:
    """The bank that files say, items sorted by id."""
    return BankDraft(
        id=head.id,
        title=head.title,
        languages=head.languages,
        areas=head.areas,
        levels=head.levels,
        items=tuple(sorted((found.item for file in files for found in file.items), key=lambda item: item.id)),
        stimuli=tuple(sorted((one.stimulus for file in files for one in file.stimuli), key=lambda one: one.id)) or None,
    )


def _unused_figures(
    located: Sequence[Located], stimuli: Sequence[LocatedStimulus], folder: Path, root: Path
) -> Iterator[Finding]:
    """Pictures in the bank's folder that nothing shows."""
    holders = (*(one.item.figures for one in located), *(one.stimulus.figures for one in stimuli))
    used = {figure.file for figures in holders for figure in figures or ()}
    for file in figure_paths(folder):
        if file not in used:
            yield Finding(
                code="figure/unused",
                message=f"no item or stimulus shows `{file}`",
                place=Place(source=shown(folder / file, root)),
                severity=Severity.WARNING,
                hint="name it under `figures:` of an item, or remove the file",
            )


def _ids(parts: Sequence[Area | CognitiveLevel]) -> tuple[str, ...]:
    return tuple(part.id for part in parts)


def shown(path: Path, root: Path) -> str:
    """A path as findings name it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _sorted(*groups: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted((finding for group in groups for finding in group), key=Finding.sort_key))


def wrong_folder(source: YamlSource, noun: str, id_: str, folder: Path) -> Finding:
    """Commands name the folder, records the id: where they differ, one bank would pass for another."""
    return source.finding(
        f"{noun}/wrong-folder",
        f"{noun} `{id_}` stands in the folder `{folder.name}`",
        ("id",),
        hint=f"rename the folder to `{id_}`, or write `id: {folder.name}`",
    )


def _items(source: YamlSource, folder: Path, findings: list[Finding]) -> Iterator[Located]:
    if source.data is None:
        return
    has_stimuli = isinstance(source.data, dict) and "stimuli" in source.data
    items = source.data.get("items", [] if has_stimuli else None) if isinstance(source.data, dict) else None
    if not isinstance(items, list):
        findings.append(
            source.finding("bank/no-items", "a file of items has a list `items:`", hint="write `items:` and a list")
        )
        return
    for unknown in set(source.data) - {"format", "items", "stimuli"}:
        findings.append(source.finding("bank/unknown-field", f"`{unknown}` is not a field here", (unknown,), key=True))
    for index, raw in enumerate(items):
        path = ("items", index)
        item = _item(raw, source, path, findings)
        if item is not None:
            figures = read_figures(item.figures, folder, source, path, findings)
            yield Located(replace(item, figures=figures) if figures else item, source, path)


def _item(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> Item | None:
    if not isinstance(raw, dict):
        findings.append(
            source.finding("item/wrong-value", "an item is a mapping", path, hint="start it with `- id: ...`")
        )
        return None
    kinds = tuple(kind.id for kind in KINDS)
    kind_id = raw.get("kind")
    if kind_id not in kinds:
        given = f"`{kind_id}` is not a kind of item" if kind_id is not None else "`kind` is missing"
        findings.append(
            source.finding(
                "item/unknown-kind",
                f"{given}{closest(str(kind_id), kinds)}",
                (*path, "kind"),
                hint=f"the kinds are: {', '.join(kinds)}",
            )
        )
        return None
    own = {key: value for key, value in raw.items() if key not in ITEM_FIELDS}
    content: Any = bind(
        kind_of(str(kind_id)).content_type, own, source, path, findings, area="item", beside=ITEM_FIELDS
    )
    common = {key: value for key, value in raw.items() if key in ITEM_FIELDS}
    item = bind(Item, {**common, "content": content}, source, path, findings, area="item")
    return item if content is not None else None


def _head_findings(head: BankHead, source: YamlSource) -> Iterator[Finding]:
    if head.format != 1:
        yield source.finding(
            "bank/format", f"format 1 is read here, given: {head.format}", ("format",), hint="write `format: 1`"
        )
    if not ID.fullmatch(head.id):
        yield source.finding(
            "bank/id", f"`{head.id}` is not an id", ("id",), hint="use letters, digits, `-`, `_` and `.`"
        )
    for name, group in (("areas", head.areas), ("levels", head.levels)):
        for one, times in Counter(part.id for part in group).items():
            if times > 1:
                yield source.finding(
                    "bank/duplicate-id", f"`{one}` stands {times} times in {name}", (name,), hint="keep one"
                )
        if not group:
            yield source.finding("bank/empty", f"a bank has at least one of `{name}`", (name,), hint=f"list its {name}")
    if not head.languages:
        yield source.finding(
            "bank/no-languages", "a bank has at least one language", ("languages",), hint="write `languages: [zh, en]`"
        )
    areas = {area.id for area in head.areas}
    for index, area in enumerate(head.areas):
        if area.parent is not None and area.parent not in areas:
            yield source.finding(
                "bank/unknown-area",
                f"`{area.parent}` is not an area of this bank{closest(area.parent, tuple(areas))}",
                ("areas", index, "parent"),
                hint="name an area of this bank, or leave `parent` out",
            )
    yield from text_findings(head, source, (), head.languages)


def _item_findings(found: Located, head: BankHead) -> Iterator[Finding]:
    item, source, path = found.item, found.source, found.path
    areas, levels = _ids(head.areas), _ids(head.levels)
    if not ID.fullmatch(item.id):
        yield source.finding(
            "item/id", f"`{item.id}` is not an id", (*path, "id"), hint="use letters, digits, `-`, `_`, `.`"
        )
    if item.area not in areas:
        yield source.finding(
            "item/unknown-area",
            f"`{item.area}` is not an area of this bank{closest(item.area, areas)}",
            (*path, "area"),
            hint=f"the areas are: {', '.join(areas)}",
        )
    if item.level not in levels:
        yield source.finding(
            "item/unknown-level",
            f"`{item.level}` is not a cognitive level of this bank{closest(item.level, levels)}",
            (*path, "level"),
            hint=f"the levels are: {', '.join(levels)}",
        )
    if item.difficulty is not None and not 0 < item.difficulty < 1:
        yield source.finding(
            "item/difficulty",
            f"expected difficulty is a share between 0 and 1, given: {item.difficulty}",
            (*path, "difficulty"),
            hint="write the share of candidates expected to answer right, for example 0.65",
        )
    yield from calibration_findings(item.calibration, source, (*path, "calibration"))
    yield from duties(found)
    yield from text_findings(item, source, path, head.languages)
    yield from markup_findings(item, source, path)
    yield from alt_findings(item.content, item.figures, source, path)
    for problem in kind_of(item.kind).check(item.content, head.languages):
        yield Finding(
            code=problem.code,
            message=problem.message,
            place=source.place((*path, *problem.path)),
            severity=Severity.WARNING if problem.warning else Severity.ERROR,
            hint=problem.hint,
        )
