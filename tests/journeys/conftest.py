"""What journeys share: who travels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.academy import ADMINISTRATOR


@pytest.fixture(scope="module", autouse=True)
def acting() -> Iterator[None]:
    """The academy's administrator and keyholder acts unless a command says otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CERTENGINE_ACTOR", ADMINISTRATOR)
        yield
