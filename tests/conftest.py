"""What every test shares: how many examples a property test takes - few by default, many in a campaign
(``HYPOTHESIS_PROFILE=long``) - and what is left out on either kind of database
(``CERTENGINE_TEST_DATABASE=postgresql``).

The examples are the same in every run, and new ones in every campaign; how long they take to be made is no failure.
"""

from __future__ import annotations

import ast
import functools
import gc
import os
import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import ON_POSTGRESQL

_COMMON: dict[str, Any] = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=50, derandomize=True, **_COMMON)
settings.register_profile("long", max_examples=2000, **_COMMON)
settings.register_profile("fast", max_examples=8, derandomize=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# Before 3.11.8 and 3.12.2 Python counts the depth of all syntax trees in one place: parsing that is interrupted by the
# garbage collector fails with SystemError when what is collected parses as well, as telling of any traceback does.
_parse = ast.parse


@functools.wraps(_parse)
def _undisturbed(*arguments: Any, **named: Any) -> Any:
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _parse(*arguments, **named)
    finally:
        if collecting:
            gc.enable()


ast.parse = _undisturbed


# Looking for waste as often as Python does by itself takes a tenth of the time.
gc.set_threshold(10_000, 10, 10)


def pytest_collection_finish() -> None:
    """What is loaded by now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is about one kind of database is left out on the other."""
    other, why = ("sqlite", "about SQLite's file") if ON_POSTGRESQL else ("postgresql", "about PostgreSQL's server")
    skip = pytest.mark.skip(reason=why)
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Whoever is started in the background ignores Ctrl-C and hands that on; programs that tests interrupt must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
