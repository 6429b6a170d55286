"""What tests of services share: the small academy at each stage, made once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.small_world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stages of the small academy."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def at(world: World, tmp_path: Path) -> Callable[[str], Path]:
    """``at("sealed")``: a copy of the academy at a stage, for this test alone."""
    return lambda stage: world.copy(stage, tmp_path / "academy")
