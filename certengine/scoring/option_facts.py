"""Options by id: the one place that knows how each kind's values name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item
from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.sitting import Response, ResponseSheet, ResponseState
from certengine.scoring.observations import ItemFacts

TRUTHS = ("true", "false")


def item_facts(item: Item, corrections: Sequence[KeyCorrection] = ()) -> ItemFacts:
    """An item's option ids in bank order and which are right, by the key that marks now.

    None where no option alone is right or wrong: a number, words, an order, pairs, gaps. Where everybody has full marks every
    option is right; where the better of two keys counts, the options of both are.

    Args:
        corrections: of its key, oldest first.
    """
    facts = _as_published(item)
    for one in corrections:
        if one.policy is KeyPolicy.FULL_CREDIT:
            facts = replace(facts, keys=facts.options)
        elif one.corrected is not None:
            anew = _as_published(one.corrected).keys
            both = one.policy is KeyPolicy.CURRENT_OR_PREVIOUS
            right = {*anew, *(facts.keys if both else ())}
            facts = replace(facts, keys=tuple(option for option in facts.options if option in right))
    return facts


def _as_published(item: Item) -> ItemFacts:
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
