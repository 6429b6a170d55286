"""The words and the mask of a QR code, several times as fast as bit by bit and cell by cell, with the same outcome.

ISO/IEC 18004 7.8.3 has the eight masks of a code compared by four penalties. The eight codes differ only by their masks, so
one is laid out and the others follow by exclusive or; the penalties are counted over whole rows and columns at once. What is
counted is what the library counts, to the point, so that every code stays as it was, module by module.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import Any

import numpy as np
import qrcode
from numpy.typing import NDArray
from qrcode import base, util
from qrcode import main as qrcode_main
from qrcode.exceptions import DataOverflowError
from qrcode.image.pil import PilImage

Modules = NDArray[np.bool_]

_FINDER = (True, False, True, True, True, False, True, False, False, False, False)
_PATTERNS = (np.array(_FINDER), np.array(_FINDER[::-1]))
_LONG_RUN = 5
_LARGEST = 40
_PADS = (0b11101100, 0b00010001)  # 7.4.10


class MaskedCode(qrcode.QRCode[PilImage]):
    """A code whose best mask is found over arrays, and whose words are made whole instead of bit by bit."""

    def best_fit(self, start: int | None = None) -> int:
        """The smallest version from ``start`` on that holds the data; bits are counted, not written.

        Raises:
            DataOverflowError: when none does.
        """
        first = start or 1
        sizes = util.mode_sizes_for_version(first)
        needed = sum(4 + sizes[one.mode] + _bits(one.mode, len(one)) for one in self.data_list)
        self.version = bisect_left(util.BIT_LIMIT_TABLE[self.error_correction], needed, first)
        if self.version > _LARGEST:
            raise DataOverflowError
        # Counts are longer in larger versions: what was counted for small ones is counted again.
        return self.version if sizes is util.mode_sizes_for_version(self.version) else self.best_fit(self.version)

    def best_mask_pattern(self) -> int:
        """The first of the eight masks with the fewest penalty points."""
        self.data_cache = list(codewords(self.version, self.error_correction, self.data_list))
        self.makeImpl(True, 0)
        laid: Modules = np.array(self.modules, dtype=bool)
        masks = _masks(self.version, self.modules_count)
        points = [penalty(laid ^ masks[0] ^ mask) for mask in masks]
        return points.index(min(points))


def codewords(version: int, correction: int, segments: Sequence[util.QRData]) -> bytes:
    """The words of a code in the order they are laid out: data and correction of all blocks, interleaved (7.4 to 7.6)."""
    written = "".join(_segment(one, version) for one in segments)
    blocks = base.rs_blocks(version, correction)
    room = sum(block.data_count for block in blocks)
    ended = written + "0" * min(4, 8 * room - len(written))
    whole = ended + "0" * (-len(ended) % 8)
    words = int(whole, 2).to_bytes(len(whole) // 8, "big")
    words += bytes(_PADS[n % 2] for n in range(room - len(words)))
    starts = list(accumulate((block.data_count for block in blocks), initial=0))
    data = [words[start : start + block.data_count] for start, block in zip(starts, blocks, strict=False)]
    checks = [_correction(part, block.total_count - block.data_count) for part, block in zip(data, blocks, strict=True)]
    return bytes(
        word for side in (data, checks) for column in zip_longest(*side) for word in column if word is not None
    )


def _bits(mode: int, count: int) -> int:
    """Bits of so many characters in a mode (7.4.3 to 7.4.5)."""
    match mode:
        case util.MODE_NUMBER:
            return 10 * (count // 3) + (0, 4, 7)[count % 3]
        case util.MODE_ALPHA_NUM:
            return 11 * (count // 2) + 6 * (count % 2)
    return 8 * count


def _segment(segment: util.QRData, version: int) -> str:
    """Mode, count and characters as binary digits."""
    held, mode = segment.data, segment.mode
    head = f"{mode:04b}{len(held):0{util.length_in_bits(mode, version)}b}"
    match mode:
        case util.MODE_NUMBER:
            parts = [held[n : n + 3] for n in range(0, len(held), 3)]
            return head + "".join(f"{int(part):0{_bits(mode, len(part))}b}" for part in parts)
        case util.MODE_ALPHA_NUM:
            values = [util.ALPHA_NUM.index(char) for char in held]
            pairs = zip(values[::2], values[1::2], strict=False)
            last = f"{values[-1]:06b}" if len(values) % 2 else ""
            return head + "".join(f"{one * 45 + other:011b}" for one, other in pairs) + last
    return head + "".join(f"{char:08b}" for char in held)


def _correction(data: bytes, count: int) -> bytes:
    """The correction words of a block: what is left when its data are divided by the generator (7.5.2)."""
    table, top = _division(count), 8 * (count - 1)
    left, all_but_first = 0, (1 << top) - 1
    for word in data:
        left = ((left & all_but_first) << 8) ^ table[(left >> top) ^ word]
    return left.to_bytes(count, "big")


@lru_cache(maxsize=32)
def _division(count: int) -> tuple[int, ...]:
    """For each word: the generator of so many correction words times it, without its leading word."""
    generator = base.Polynomial([1], 0)
    for power in range(count):
        generator = generator * base.Polynomial([1, base.gexp(power)], 0)
    low = list(generator)[1:]
    products = (
        bytes(base.gexp(base.glog(word) + base.glog(factor)) if factor else 0 for factor in low)
        for word in range(1, 256)
    )
    return (0, *(int.from_bytes(product, "big") for product in products))


def penalty(modules: Modules) -> int:
    """The penalty points of a laid-out code: runs, blocks, likenesses of finders, unequal shares."""
    return sum(_runs(side) + _finders(side) for side in (modules, modules.T)) + _blocks(modules) + _share(modules)


@lru_cache(maxsize=8)
def _masks(version: int, size: int) -> tuple[Modules, ...]:
    """The eight masks (table 10) over the cells that hold data in codes of a version."""
    blank: Any = qrcode_main.precomputed_qr_blanks[version]
    data: Modules = np.array([[cell is None for cell in row] for row in blank])
    data &= ~_format_cells(size)
    i, j = np.indices((size, size))
    product = i * j
    return tuple(
        data & mask
        for mask in (
            (i + j) % 2 == 0,
            i % 2 == 0,
            j % 3 == 0,
            (i + j) % 3 == 0,
            (i // 2 + j // 3) % 2 == 0,
            product % 2 + product % 3 == 0,
            (product % 2 + product % 3) % 2 == 0,
            (product % 3 + (i + j) % 2) % 2 == 0,
        )
    )


def _format_cells(size: int) -> Modules:
    """Where format and version information stand (7.9, 7.10): they are not masked."""
    cells = np.zeros((size, size), dtype=bool)
    cells[8, :9] = cells[:9, 8] = cells[8, -8:] = cells[-8:, 8] = True
    if size >= 17 + 4 * 7:
        cells[:6, -11:-8] = cells[-11:-8, :6] = True
    return cells


def _runs(modules: Modules) -> int:
    """Runs of five or more alike in a row: three points, and one for each further."""
    size = modules.shape[0]
    edges = np.ones((size, size + 1), dtype=bool)
    edges[:, 1:-1] = modules[:, 1:] != modules[:, :-1]
    lengths = np.diff(np.flatnonzero(edges))
    return int((lengths[lengths >= _LONG_RUN] - 2).sum())


def _blocks(modules: Modules) -> int:
    """Two by two alike: three points."""
    corner = modules[:-1, :-1]
    alike = (corner == modules[1:, :-1]) & (corner == modules[:-1, 1:]) & (corner == modules[1:, 1:])
    return 3 * int(alike.sum())


def _finders(modules: Modules) -> int:
    """What looks like a finder with four light beside it, in a row: forty points."""
    windows = np.lib.stride_tricks.sliding_window_view(modules, len(_FINDER), axis=1)
    return 40 * sum(int((windows == pattern).all(axis=2).sum()) for pattern in _PATTERNS)


def _share(modules: Modules) -> int:
    """Ten points for each full five in a hundred that the dark share is off the half."""
    percent = float(modules.sum()) / modules.size
    return int(abs(percent * 100 - 50) / 5) * 10
