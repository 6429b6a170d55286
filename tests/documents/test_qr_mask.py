"""The mask found over arrays is the one found cell by cell: codes stay as they were."""

from __future__ import annotations

import numpy as np
import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.util import lost_point

from certengine.documents.qr_mask import MaskedCode, penalty


def modules(kind: type, text: str, correction: int) -> list[list[bool]]:
    """A code laid out by a class."""
    code = kind(error_correction=correction, border=0)
    code.add_data(text, optimize=14)
    code.make(fit=True)
    found: list[list[bool]] = code.modules
    return found


@settings(max_examples=40, deadline=None)
@given(st.text("ABCDEFGHJKMNPQRSTVWXYZ0123456789#:/.", min_size=1, max_size=460), st.sampled_from([0, 1, 2, 3]))
def test_codes_stay_as_they_were(text: str, correction: int) -> None:
    """Module by module, for texts as long as those on certificates, at every level of correction."""
    assert modules(qrcode.QRCode, text, correction) == modules(MaskedCode, text, correction)


@pytest.mark.parametrize("length", [1, 20, 100, 250, 500, 900, 1500])
def test_every_size_stays_as_it_was(length: int) -> None:
    """From the smallest, which has no version information, to large ones."""
    text = ("HTTPS://VERIFY.EXAMPLE.ORG/C/" * 60)[:length]

    assert modules(qrcode.QRCode, text, 0) == modules(MaskedCode, text, 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([21, 25, 45, 69]))
def test_penalties_are_counted_alike(seed: int, size: int) -> None:
    """On any pattern of modules, sound code or not."""
    cells = np.random.default_rng(seed).random((size, size)) < 0.5

    assert lost_point([[bool(cell) for cell in row] for row in cells]) == penalty(cells)
