"""What tests of the endpoint share: reading processes that can import the tests, and that end with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.register import Client

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session", autouse=True)
def _importable() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        yield
    for client in Client.made:
        client.readers.close()


@pytest.fixture(autouse=True)
def _no_processes_left() -> Iterator[None]:
    before = len(Client.made)
    yield
    for client in Client.made[before:]:
        client.readers.close()
    del Client.made[before:]
