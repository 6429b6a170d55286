"""The links of a replayed chain, and how each ended.

Invariants:

1. A link *differs* only when it is itself altered, or does not follow from sound links. What merely rests on an altered
   one *cannot be told*: so exactly the altered link is named.
2. Nothing is taken as equal that was not compared; a link without anything to compare it with says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from certengine.model.text import Text


class LinkOutcome(StrEnum):
    """How the comparison of one link ended.

    ``equal``: what is stored is what was written down, and follows from the links below. ``differs``: it was altered,
    or does not follow. ``untold``: it rests on something that differs or is missing. ``withheld``: left out of a bundle
    on purpose, its commitment stands in its place. ``erased``: the person was erased, as an act tells. ``not_kept``:
    stored before commitments were written down, and nothing follows from it that could be recomputed. ``absent``:
    there is nothing of the kind here.
    """

    EQUAL = "equal"
    DIFFERS = "differs"
    UNTOLD = "untold"
    WITHHELD = "withheld"
    ERASED = "erased"
    NOT_KEPT = "not_kept"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain.

    Attributes:
        id: stable name: ``file``, ``token``, ``score:theory``, ``bank:electrical`` ...
        stored: digest of what is stored; ``again`` of what was recomputed or written down elsewhere.
    """

    id: str
    title: Text
    outcome: LinkOutcome
    stored: str | None = None
    again: str | None = None
    detail: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A certificate replayed, from its file down to the bank."""

    number: str
    links: tuple[Link, ...]

    @property
    def outcome(self) -> LinkOutcome:
        """Of all links together: any that differs, else any that cannot be told, else equal."""
        found = {link.outcome for link in self.links}
        for one in (LinkOutcome.DIFFERS, LinkOutcome.UNTOLD):
            if one in found:
                return one
        return LinkOutcome.EQUAL

    @property
    def differing(self) -> tuple[str, ...]:
        """The ids of the links that differ."""
        return tuple(link.id for link in self.links if link.outcome is LinkOutcome.DIFFERS)


@dataclass(slots=True)
class Chain:
    """The links found so far, by id, in the order in which they were tried: from the bank upwards."""

    links: dict[str, Link] = field(default_factory=dict)

    def put(
        self,
        id: str,
        title: Text,
        outcome: LinkOutcome,
        detail: Text,
        *,
        stored: str | None = None,
        again: str | None = None,
    ) -> None:
        """Write a link down."""
        self.links[id] = Link(id=id, title=title, outcome=outcome, stored=stored, again=again, detail=detail)

    def shaken(self, *ids: str) -> tuple[str, ...]:
        """Those of some links on which nothing can be rested."""
        bad = {LinkOutcome.DIFFERS, LinkOutcome.UNTOLD}
        return tuple(one for one in ids if one in self.links and self.links[one].outcome in bad)

    def judge(
        self,
        id: str,
        title: Text,
        *,
        own: Text | None,
        kept: bool,
        follows: bool | None,
        upon: Iterable[str] = (),
        stored: str | None = None,
        again: str | None = None,
    ) -> None:
        """Write a link down by the rule of invariant 1.

        Args:
            own: what shows that the thing itself was altered.
            kept: something written down elsewhere confirms it.
            follows: it was recomputed and came out equal; ``None`` when nothing was recomputed.
            upon: the links it follows from.
        """
        shaken = self.shaken(*upon)
        if own is not None:
            self.put(id, title, LinkOutcome.DIFFERS, own, stored=stored, again=again)
        elif follows is False and not shaken:
            self.put(id, title, LinkOutcome.DIFFERS, NOT_FOLLOWING, stored=stored, again=again)
        elif follows is not True and shaken:
            self.put(id, title, LinkOutcome.UNTOLD, rests_on(shaken), stored=stored, again=again)
        elif follows is None and not kept:
            self.put(id, title, LinkOutcome.NOT_KEPT, NOTHING_KEPT, stored=stored, again=again)
        else:
            detail = BOTH if kept and follows else KEPT if kept else RECOMPUTED
            self.put(id, title, LinkOutcome.EQUAL, detail, stored=stored, again=again)


BOTH = Text.of(zh="与当时记录一致，重算结果相同", en="as written down at the time, and recomputed to the same")
KEPT = Text.of(zh="与当时记录一致", en="as written down at the time")
RECOMPUTED = Text.of(zh="重算结果相同", en="recomputed to the same")
NOT_FOLLOWING = Text.of(zh="由其依据重算，结果不同", en="recomputed from what it rests on, it comes out otherwise")
NOTHING_KEPT = Text.of(
    zh="存入时尚未留下可供核对的承诺值", en="stored before commitments were written down: nothing to compare it with"
)
ALTERED = Text.of(zh="内容与其存储的摘要不符", en="its content does not match the digest stored with it")
UNREADABLE = Text.of(zh="存储的内容无法读取", en="what is stored cannot be read")
NOT_AS_WRITTEN = Text.of(zh="与写入时留下的承诺值不符", en="it is not what was committed to when it was written")
MISSING = Text.of(zh="应有的记录不存在", en="a row that should be there is missing")


def rests_on(ids: Iterable[str]) -> Text:
    """That a link rests on others that do not hold."""
    names = ", ".join(ids)
    return Text.of(zh=f"所依据的环节不成立：{names}", en=f"it rests on what does not hold: {names}")
