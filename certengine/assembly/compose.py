"""From chosen units to a paper: order, variants and marks, all from the paper's own keyed numbers."""

from __future__ import annotations

from collections.abc import Iterable

from certengine.assembly.keyed import ALGORITHM, KeyedDraw, block
from certengine.assembly.plan import Plan
from certengine.assembly.pool import Unit
from certengine.items import kind_of
from certengine.model.bank import Bank
from certengine.model.sitting import DrawnItem, Paper, Sitting

_ID_LETTERS = 8


class Composer:
    """What all papers of a component have in common."""

    def __init__(self, plan: Plan, bank: Bank, sitting: Sitting) -> None:
        """Take what every paper pins."""
        self._component, self._bank, self._sitting = plan.component, bank, sitting
        self._digests = dict(bank.item_digests)
        self._kinds = {kind: kind_of(kind) for kind in {item.kind for unit in plan.pool.units for item in unit.items}}
        self._plan = plan

    def items(self, source: KeyedDraw, chosen: Iterable[int]) -> tuple[DrawnItem, ...]:
        """The chosen units laid out: sections in blueprint order, units by their place numbers, sets kept together."""
        units = [self._plan.pool.units[place] for place in chosen]
        places = source.numbers(b"".join(block(unit.label) for unit in units))[:, 1].tolist()
        by_section: dict[str, list[tuple[int, str, Unit]]] = {}
        for group in self._plan.groups:
            mine = by_section.setdefault(group.section, [])
            mine.extend(
                (places[slot], units[slot].id, units[slot]) for slot in range(group.first, group.first + group.count)
            )
        drawn: list[DrawnItem] = []
        for section in self._component.sections:
            for _, _, unit in sorted(by_section[section.id], key=lambda one: one[:2]):
                for item in unit.items:
                    drawn.append(
                        DrawnItem(
                            position=len(drawn) + 1,
                            section=section.id,
                            item=item.id,
                            item_digest=self._digests[item.id],
                            marks=section.marks,
                            variant=self._kinds[item.kind].vary(item.content, source.within("variant", item.id)),
                        )
                    )
        return tuple(drawn)

    def paper(
        self, source: KeyedDraw, candidate: str, items: tuple[DrawnItem, ...], *, form: str | None = None
    ) -> Paper:
        """A candidate's paper of such items; its id comes from the candidate's own source."""
        letters = source.letters("paper-id", _ID_LETTERS)
        return Paper(
            id=f"{letters[:4]}-{letters[4:]}",
            sitting=self._sitting.id,
            candidate=candidate,
            component=self._component.id,
            algorithm=ALGORITHM,
            bank=self._bank.id,
            bank_version=self._bank.version,
            bank_digest=self._bank.digest,
            scheme_digest=self._sitting.scheme_digest,
            items=items,
            form=form,
        )
