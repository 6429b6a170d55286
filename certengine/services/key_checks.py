"""Whether a key may be corrected as asked: everything wrong at once, before anything is scored anew.

A corrected key marks answers to the question that candidates saw. So the version it comes from must show the same
question on every paper concerned (same kind, stem, options, parameters, figures), and people must have marked by the same
rubric; what may differ is what marks: the key, its tolerance, what else is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certengine.canonical import digest
from certengine.errors import Finding
from certengine.items import kind_of
from certengine.items.rubric import rubric_of
from certengine.model.bank import Bank, BankDraft, Item, Stimulus
from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.pass_standard import AtLeast, PassRule, parts_of
from certengine.model.sitting import DrawnItem, Paper
from certengine.services.scripts import Desk
from certengine.store.key_corrections import CorrectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One correction as asked for: ``key`` is the bank version whose key is to mark, where the policy needs one."""

    item: str
    policy: KeyPolicy
    bank: str
    key: Bank | None = None


def wrong_with(desk: Desk, papers: Sequence[Paper], asked: Sequence[Asked]) -> Iterator[Finding]:
    """Everything that stands against the corrections."""
    for one in asked:
        drawn = [
            (paper, item) for paper in papers if paper.bank == one.bank for item in paper.items if item.item == one.item
        ]
        if not drawn:
            yield Finding(
                code="rescore/not-drawn",
                message=f"item {one.item} stands on no paper of this sitting",
                hint="compare the id with `certengine paper show PAPER`",
            )
        elif one.key is not None:
            yield from _key_findings(desk, one, one.key, drawn)
    yield from _nothing_left(desk, papers, asked)


def same_as_in_force(desk: Desk, one: Asked) -> bool:
    """Whether the latest correction of an item says the same."""
    chain = desk.corrections.get(one.bank, {}).get(one.item, ())
    if not chain or chain[-1].policy is not one.policy:
        return False
    return one.key is None or chain[-1].corrected == _item(one.key.contents, one.item)


def as_rows(
    asked: Sequence[Asked], run: int, *, reason: str, requested_by: str, approved_by: str
) -> list[CorrectionRow]:
    """The corrections as they are written down."""
    return [
        CorrectionRow(
            run=run,
            bank=one.bank,
            item=one.item,
            policy=one.policy,
            version=one.key.version if one.key is not None else None,
            reason=reason,
            requested_by=requested_by,
            approved_by=approved_by,
        )
        for one in asked
    ]


def _key_findings(desk: Desk, one: Asked, key: Bank, drawn: Sequence[tuple[Paper, DrawnItem]]) -> Iterator[Finding]:
    bank = desk.loaded.banks[one.bank]
    was, now = _item(bank.contents, one.item), _item(key.contents, one.item)
    if now is None:
        yield Finding(
            code="rescore/not-in-version",
            message=f"bank {key.reference} has no item {one.item}",
            hint="name a version that has it with `--bank`",
        )
        return
    assert was is not None, "a drawn item stands in its bank version"
    in_force = _in_force(desk.corrections.get(one.bank, {}).get(one.item, ()), was)
    if now.content == in_force.content:
        yield Finding(
            code="rescore/same-key",
            message=f"item {one.item} has the same key in {key.reference} as the one that counts",
            hint=f"correct the key in the bank, then `certengine bank publish {one.bank} -m WHY`",
        )
    elif _shown_otherwise(bank.contents, key.contents, was, now, drawn):
        yield Finding(
            code="rescore/shown-otherwise",
            message=f"item {one.item} of {key.reference} is not the question that candidates saw: more changed than its key",
            hint="publish a version in which only the key differs, or give full credit, or drop the item",
        )
    elif _rubrics(desk, one, was) != _rubrics(desk, one, now):
        yield Finding(
            code="rescore/rubric-changed",
            message=f"item {one.item} has another rubric in {key.reference}: people marked by the one before",
            hint="give full credit, or drop the item; or have the answers marked anew",
        )


def _in_force(chain: Sequence[KeyCorrection], was: Item) -> Item:
    return next((one.corrected for one in reversed(chain) if one.corrected is not None), was)


def _shown_otherwise(
    before: BankDraft, after: BankDraft, was: Item, now: Item, drawn: Sequence[tuple[Paper, DrawnItem]]
) -> bool:
    if (was.kind, was.figures, was.stimulus) != (now.kind, now.figures, now.stimulus):
        return True
    if was.stimulus is not None and _stimulus(before, was.stimulus) != _stimulus(after, was.stimulus):
        return True
    kind = kind_of(was.kind)
    variants = {digest(one.variant): one.variant for _, one in drawn}
    try:
        return any(kind.present(was.content, one) != kind.present(now.content, one) for one in variants.values())
    except (KeyError, ValueError):  # a variant that the new content has no options or parameters for
        return True


def _rubrics(desk: Desk, one: Asked, item: Item) -> list[object]:
    """What people mark the item against, in every section that may hold it."""
    components = [part for part in desk.loaded.scheme.written if part.bank == one.bank]
    policies = sorted({section.policy for part in components for section in part.sections})
    kind = kind_of(item.kind)
    return [rubric_of(kind, item.content, policy) for policy in policies if policy in kind.policies]


def _nothing_left(desk: Desk, papers: Sequence[Paper], asked: Sequence[Asked]) -> Iterator[Finding]:
    """A paper, and a section with a threshold of its own, needs an item that counts, or its marks cannot be made up for."""
    latest = {(bank, item): chain[-1].policy for bank, of in desk.corrections.items() for item, chain in of.items()}
    latest.update({(one.bank, one.item): one.policy for one in asked})
    dropped = {key for key, policy in latest.items() if policy is KeyPolicy.DROP}
    compared = _sections_compared(desk.loaded.scheme.pass_standard)
    empty: dict[str, str] = {}
    for paper in papers:
        left = {one.section for one in paper.items if (paper.bank, one.item) not in dropped}
        if not left:
            empty.setdefault("all sections", paper.id)
        for component, section in compared:
            if component == paper.component and section not in left:
                empty.setdefault(f"section {section}", paper.id)
    for what, example in sorted(empty.items()):
        yield Finding(
            code="rescore/nothing-left",
            message=f"without the dropped items {what} of paper {example} would have no item left",
            hint="give full credit instead: policy `full-credit`",
        )


def _sections_compared(rule: PassRule) -> set[tuple[str, str]]:
    """The sections that a pass standard sets a threshold of their own, with their components."""
    own = {(rule.component, rule.part)} if isinstance(rule, AtLeast) and rule.part is not None else set()
    return own.union(*(_sections_compared(part) for part in parts_of(rule)))


def _item(bank: BankDraft, item_id: str) -> Item | None:
    return next((item for item in bank.items if item.id == item_id), None)


def _stimulus(bank: BankDraft, stimulus_id: str) -> Stimulus | None:
    return next((one for one in bank.stimuli or () if one.id == stimulus_id), None)
