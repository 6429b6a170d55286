"""What the words about verdicts share."""

from __future__ import annotations

import pytest

from certengine.credentials.wording import tone_of
from certengine.model.credential import State


@pytest.mark.parametrize("state", State)
def test_a_specimen_is_never_coloured_as_good(state: State) -> None:
    """Every state has a colour, only ``valid`` that of good, and a specimen has that of a warning whatever its state."""
    assert (tone_of(state, specimen=False) == "good") is (state is State.VALID)
    assert tone_of(state, specimen=True) == "warn"
