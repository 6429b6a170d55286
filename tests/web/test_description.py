"""Everything that the OpenAPI document allows, and much that it does not, asked of the running server (schemathesis)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from certengine.web.asking import FILE_TYPES
from certengine.web.limits import Limits
from certengine.web.openapi import OPENAPI
from certengine.web.settings import Settings
from tests.web.serving import served

pytestmark = pytest.mark.slow

# By intent: a language that is none is no reason to refuse a page, and 400 is the answer "not a certificate".
FORGIVING = [negative_data_rejection, positive_data_acceptance]
MANY = 10**8
EXAMPLES = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 20


# What ``/openapi.json`` gives, by another test.
SCHEMA = schemathesis.openapi.from_dict(OPENAPI)


@schemathesis.serializer(*FILE_TYPES)
def as_it_is(_context: Any, value: Any) -> bytes:
    """A bare file is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The server."""
    limits = Limits(lookups=MANY, per_minute=MANY, overall=MANY, overall_per_minute=MANY)
    with served(settings=Settings(limits=limits)) as (address, _):
        yield address


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_described(case: Any, address: str) -> None:
    """No request makes the endpoint fail, and status, media type and body of each answer are those of the document."""
    case.call_and_validate(base_url=address, excluded_checks=FORGIVING)
