"""What a blueprint that binds may still get wrong: cells, sections, rules over the whole paper, forms.

Whether a bank can fill it is another question: :mod:`certengine.assembly.feasibility` answers that.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from certengine.errors import Finding
from certengine.items import KINDS as ITEM_KINDS
from certengine.items import kind_of as item_kind_of
from certengine.model.scheme import STIMULUS_SET, Cell, Section, Share, WrittenComponent
from certengine.workspace.binding import closest
from certengine.workspace.calibration_checks import FARTHEST
from certengine.workspace.yaml_source import DataPath, YamlSource

MAX_FORMS = 20


def blueprint_findings(component: WrittenComponent, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    """Everything wrong in a written component's blueprint."""
    for number, section in enumerate(component.sections):
        where = (*path, "sections", number)
        yield from _kind(section, source, where)
        yield from _counts(section, source, where)
    yield from _whole_paper(component, source, path)
    yield from _forms(component, source, path)


def _kind(section: Section, source: YamlSource, where: DataPath) -> Iterator[Finding]:
    kinds = (*(kind.id for kind in ITEM_KINDS), STIMULUS_SET)
    if section.kind not in kinds:
        yield source.finding(
            "scheme/unknown-kind",
            f"`{section.kind}` is not a kind of item{closest(section.kind, kinds)}",
            (*where, "kind"),
            hint=f"the kinds are: {', '.join(kinds)}",
        )
        return
    of_sets = section.kind == STIMULUS_SET
    held = ITEM_KINDS if of_sets else (item_kind_of(section.kind),)
    offered = tuple(dict.fromkeys(policy for kind in held for policy in kind.policies))
    if section.policy not in offered:
        yield source.finding(
            "scheme/unknown-policy",
            f"`{section.policy}` is not a policy of {section.kind}{closest(section.policy, offered)}",
            (*where, "policy"),
            hint=f"its policies are: {', '.join(offered)}",
        )
    if of_sets != (section.set_size is not None) or (section.set_size or 1) < 1:
        yield source.finding(
            "scheme/set-size",
            f"section `{section.id}` {'takes sets and does not say of how many items' if of_sets else 'takes no sets'}",
            (*where, "set_size") if section.set_size is not None else where,
            hint="write `set_size: 3` for sets of three" if of_sets else "take `set_size` away",
        )


def _counts(section: Section, source: YamlSource, where: DataPath) -> Iterator[Finding]:
    wrong = [(number, words) for number, cell in enumerate(section.cells) if (words := _wrong_cell(cell))]
    for number, words in wrong:
        yield source.finding(
            "scheme/cell-count", words, (*where, "cells", number), hint="write `count: 3`, or `min: 2` and `max: 4`"
        )
    if wrong:
        return
    exact = all(cell.count is not None for cell in section.cells)
    least = sum(cell.least for cell in section.cells)
    most = None if any(cell.most is None for cell in section.cells) else sum(cell.most or 0 for cell in section.cells)
    if section.items is None and not exact:
        yield source.finding(
            "scheme/section-items",
            f"section `{section.id}` has cells with ranges, and does not say how many items it has",
            where,
            hint="write `items: 20`",
        )
    elif section.items is not None and not least <= section.items <= (section.items if most is None else most):
        between = f"{least}" if most == least else f"{least} to {'any number' if most is None else most}"
        yield source.finding(
            "scheme/section-items",
            f"section `{section.id}` has {section.items} items, its cells take {between}",
            (*where, "items"),
            hint="correct `items` or the cells",
        )
    if (
        section.marks <= 0
        or section.count <= 0
        or any(cell.most is not None and cell.most <= 0 for cell in section.cells)
    ):
        yield source.finding("scheme/empty-section", f"section `{section.id}` has no items or no marks", where)


def _wrong_cell(cell: Cell) -> str | None:
    ranged = cell.min is not None or cell.max is not None
    if (cell.count is not None) == ranged:
        words = ("both", "and") if ranged else ("neither", "nor")
        return f"cell {cell.area} x {cell.level} has {words[0]} a count {words[1]} a range"
    if cell.min is not None and (cell.min < 0 or (cell.max is not None and cell.max < cell.min)):
        return (
            f"cell {cell.area} x {cell.level} takes {cell.min} to {cell.max if cell.max is not None else 'any number'}"
        )
    return None


def _whole_paper(component: WrittenComponent, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    band = component.difficulty
    if band is not None and not (0 < band.mean < 1 and 0 < band.tolerance < 1):
        yield source.finding(
            "scheme/difficulty",
            f"mean and tolerance lie between 0 and 1, given: {band.mean} and {band.tolerance}",
            (*path, "difficulty"),
            hint="write for example `{mean: 0.65, tolerance: 0.02}`",
        )
    minutes = component.expected_minutes
    if minutes is not None and _empty(minutes.min, minutes.max, None):
        yield source.finding(
            "scheme/expected-minutes",
            f"no paper takes {minutes.min if minutes.min is not None else 'any number'} to {minutes.max} minutes",
            (*path, "expected_minutes"),
            hint="write for example `{max: 85}`",
        )
    cut = component.cut_ability
    if cut is not None and abs(cut) > FARTHEST:
        yield source.finding(
            "scheme/cut-ability",
            f"no cut lies at {cut} logits",
            (*path, "cut_ability"),
            hint="write where on the scale of the bank's calibration a candidate just passes, for example `0.4`",
        )
    shares = component.importance
    if shares is not None:
        yield from _shares({"X": shares.X, "Y": shares.Y, "Z": shares.Z}, source, (*path, "importance"))


def _shares(shares: dict[str, Share | None], source: YamlSource, path: DataPath) -> Iterator[Finding]:
    wrong = [
        letter for letter, share in shares.items() if share is not None and _empty(share.min, share.max, Decimal(1))
    ]
    given = {letter: share or Share() for letter, share in shares.items()}
    for letter in wrong:
        share = given[letter]
        yield source.finding(
            "scheme/importance",
            f"a share lies between 0 and 1, its `min` not above its `max`, given for {letter}: "
            f"{share.min if share.min is not None else 0} to {share.max if share.max is not None else 1}",
            (*path, letter),
            hint="write for example `{min: 0.6, max: 0.8}`",
        )
    least = sum((share.min or Decimal(0) for share in given.values()), start=Decimal(0))
    most = sum((Decimal(1) if share.max is None else share.max for share in given.values()), start=Decimal(0))
    if not wrong and (least > 1 or most < 1):
        yield source.finding(
            "scheme/importance",
            f"the shares of X, Y and Z add up to {least} at least and {most} at most, which no paper meets",
            path,
            hint="widen one of them",
        )


def _empty(low: Decimal | None, high: Decimal | None, most: Decimal | None) -> bool:
    """Whether nothing lies between two bounds, or a bound lies outside what can be."""
    bounds = [bound for bound in (low, high) if bound is not None]
    outside = any(bound < 0 or (most is not None and bound > most) for bound in bounds)
    return outside or not bounds or (low is not None and high is not None and low > high)


def _forms(component: WrittenComponent, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    forms = component.form_count
    if forms is not None and component.forms != "one" and not 2 <= forms <= MAX_FORMS:
        yield source.finding(
            "scheme/forms",
            f"there are `one`, 2 to {MAX_FORMS} or `unique` forms, given: {forms}",
            (*path, "forms"),
            hint="write `forms: one`, `forms: 4` or `forms: unique`",
        )
    if component.overlap is not None and not 0 <= component.overlap < component.count:
        yield source.finding(
            "scheme/overlap",
            f"papers of {component.count} items share 0 to {component.count - 1} of them, given: {component.overlap}",
            (*path, "overlap"),
            hint="leave it out where any overlap will do",
        )
    if component.exposure is not None and forms is not None:
        yield source.finding(
            "scheme/exposure",
            "`exposure` is for unique papers; forms are each seen by many",
            (*path, "exposure"),
            hint="take it away, or write `forms: unique`",
        )
