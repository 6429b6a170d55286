"""Texts that say nearly the same: sets of shingles, and a search that need not compare every pair.

A text's shingles are its words, or its pairs of neighbouring characters where a language writes no spaces. Parameters
all read as one, whatever their names; figures are told apart, for 4 mA and 20 mA may be all that sets two questions
apart. Likeness is the share of all shingles of two texts that both have (Jaccard's index).

The search is exact. Two sets that share at least ``t`` of their shingles share one among the rarest
``n - ceil(t * n) + 1`` of each (prefix filtering), so only sets that meet in so rare a shingle are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

from certengine.model.text import Text

Shingles = frozenset[str]
_PARAMETER = re.compile(r"\{\w+\}")
_TOKEN = re.compile(r"[㐀-鿿぀-ヿ]|[^\W_]+")
_UNSPACED = frozenset({"zh", "ja", "yue", "wuu"})


def shingles(text: Text) -> Shingles:
    """The shingles of a text in all its languages together, each marked with its language."""
    return frozenset(one for tag, written in text.by_language for one in _of_language(tag, written))


def _of_language(tag: str, written: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", _PARAMETER.sub("0", written)).casefold()
    tokens = _TOKEN.findall(plain)
    if tag.partition("-")[0] not in _UNSPACED or len(tokens) < 2:
        return (f"{tag} {token}" for token in tokens)
    return (f"{tag} {one} {next_}" for one, next_ in pairwise(tokens))


def likeness(one: Shingles, other: Shingles) -> Fraction:
    """The share of the shingles of both that both have; 0 when there is none."""
    together = len(one | other)
    return Fraction(len(one & other), together) if together else Fraction(0)


def first_alike(
    sets: Sequence[Shingles], least: Fraction, *, excused: Callable[[int, int], bool]
) -> Iterator[tuple[int, int, Fraction]]:
    """For each set that is like an earlier one: its index, that of the first such set, and how alike they are.

    A set that was found alike is not compared with later ones: they are compared with the one it is like.

    Args:
        least: likeness from which on two sets count as alike, above 0.
        excused: whether two indexes may be alike, the earlier one first.
    """
    spread = Counter(one for shingle_set in sets for one in shingle_set)
    rarest_first = [sorted(one, key=lambda shingle: (spread[shingle], shingle)) for one in sets]
    having: defaultdict[str, list[int]] = defaultdict(list)
    for index, ordered in enumerate(rarest_first):
        rare = ordered[: len(ordered) - ceil(least * len(ordered)) + 1]
        size = len(ordered)
        met = sorted({earlier for shingle in rare for earlier in having[shingle]})
        for earlier in met:
            fits = least * size <= len(sets[earlier]) and least * len(sets[earlier]) <= size
            if fits and not excused(earlier, index) and likeness(sets[earlier], sets[index]) >= least:
                yield index, earlier, likeness(sets[earlier], sets[index])
                break
        else:
            for shingle in rare:
                having[shingle].append(index)
