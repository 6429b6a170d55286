"""Stimuli of a bank: read from the files of items they stand in, and held against the items that refer to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from certengine.errors import Finding, Severity
from certengine.model.bank import ItemStatus, Stimulus
from certengine.workspace.binding import bind, closest
from certengine.workspace.figure_checks import read_figures
from certengine.workspace.ids import ID
from certengine.workspace.located import Located, LocatedStimulus
from certengine.workspace.yaml_source import YamlSource

FEWEST = 2


def read_stimuli(source: YamlSource, folder: Path, findings: list[Finding]) -> Iterator[LocatedStimulus]:
    """The stimuli of a file, those that bind, with their figures' digests."""
    listed = source.data.get("stimuli", []) if isinstance(source.data, dict) else []
    if not isinstance(listed, list):
        findings.append(
            source.finding(
                "stimulus/wrong-value", "`stimuli` is a list", ("stimuli",), hint="start each with `- id: ...`"
            )
        )
        return
    for index, raw in enumerate(listed):
        path = ("stimuli", index)
        stimulus = bind(Stimulus, raw, source, path, findings, area="stimulus")
        if stimulus is not None:
            figures = read_figures(stimulus.figures, folder, source, path, findings)
            yield LocatedStimulus(replace(stimulus, figures=figures), source, path)


def stimulus_findings(found: LocatedStimulus, areas: tuple[str, ...], levels: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong with a stimulus by itself."""
    stimulus, source, path = found.stimulus, found.source, found.path
    if not ID.fullmatch(stimulus.id):
        yield source.finding(
            "stimulus/id", f"`{stimulus.id}` is not an id", (*path, "id"), hint="use letters, digits, `-`, `_`, `.`"
        )
    for name, given, known in (("area", stimulus.area, areas), ("level", stimulus.level, levels)):
        if given not in known:
            yield source.finding(
                "stimulus/unknown-area" if name == "area" else "stimulus/unknown-level",
                f"`{given}` is not {'an area' if name == 'area' else 'a cognitive level'} of this bank{closest(given, known)}",
                (*path, name),
                hint=f"the {name}s are: {', '.join(known)}",
            )


def sets_across(stimuli: Sequence[LocatedStimulus], located: Sequence[Located]) -> Iterator[Finding]:
    """Ids that stand twice, items whose stimulus nobody knows, sets that are too small."""
    first: dict[str, LocatedStimulus] = {}
    for found in stimuli:
        earlier = first.setdefault(found.stimulus.id, found)
        if earlier is not found:
            yield found.source.finding(
                "stimulus/duplicate-id",
                f"`{found.stimulus.id}` stands twice, first at {earlier.source.place((*earlier.path, 'id'))}",
                (*found.path, "id"),
                hint="give one of them another id",
            )
    living = dict.fromkeys(first, 0)
    for one in located:
        named = one.item.stimulus
        if named is None:
            continue
        if named not in first:
            yield one.source.finding(
                "item/unknown-stimulus",
                f"`{named}` is not a stimulus of this bank{closest(named, tuple(first))}",
                (*one.path, "stimulus"),
                hint="name a stimulus of this bank, or write it under `stimuli:`",
            )
        elif one.item.status is not ItemStatus.RETIRED:
            living[named] += 1
    for id_, count in living.items():
        if count < FEWEST:
            yield Finding(
                code="stimulus/few-items",
                message=f"{'one item refers' if count else 'no item refers'} to `{id_}`, a set has {FEWEST} at least",
                place=first[id_].source.place((*first[id_].path, "id")),
                severity=Severity.WARNING,
                hint=f"write `stimulus: {id_}` in the items of the set, or take it away",
            )
