"""Options by id: the one place that knows how each kind's values name them."""

from __future__ import annotations

from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item
from certengine.model.sitting import Response, ResponseSheet, ResponseState
from certengine.scoring.observations import ItemFacts

TRUTHS = ("true", "false")


def item_facts(item: Item) -> ItemFacts:
    """An item's option ids in bank order and which are right.

    None where no option alone is right or wrong: a number, words, an order, pairs, gaps.
    """
    match item.content:
        case SingleChoiceContent() as content:
            return ItemFacts(item=item.id, options=tuple(o.id for o in content.options), keys=(content.key,))
        case MultipleResponseContent() as content:
            return ItemFacts(item=item.id, options=tuple(o.id for o in content.options), keys=content.key)
        case TrueFalseContent():
            return ItemFacts(item=item.id, options=TRUTHS, keys=(str(item.content.key).lower(),))
        case _:
            return ItemFacts(item=item.id)


def ticked(response: Response) -> tuple[str, ...]:
    """Option ids that a response ticks; a true/false item has the options ``true`` and ``false``.

    An answer in parts (pairs, gaps) ticks nothing; what an order or a number gives is no option of :func:`item_facts`.
    """
    value = response.value
    if response.state is not ResponseState.GIVEN or isinstance(value, dict):
        return ()
    given = value if isinstance(value, list) else [str(value).lower() if isinstance(value, bool) else value]
    return tuple(str(one) for one in given)


def ticked_on(sheet: ResponseSheet) -> dict[int, tuple[str, ...]]:
    """Option ids ticked at each position."""
    return {response.position: chosen for response in sheet.responses if (chosen := ticked(response))}
