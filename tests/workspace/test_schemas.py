"""The JSON Schemas of the files people write: the files themselves fit them, and what no reader takes does not."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from certengine.workspace.folders import bundled_root
from certengine.workspace.schemas import SCHEMAS
from certengine.workspace.yaml_source import read_yaml

ROOTS = (bundled_root(), Path(__file__).parents[1] / "services" / "academy")
KINDS_OF_FILE = {
    "bank": "question_banks/*/bank.yaml",
    "items": "question_banks/*/items/*.yaml",
    "scheme": "rubrics/*/scheme.yaml",
    "task": "rubrics/*/tasks/*.yaml",
    "config": "certengine.toml",
}
FILES = [
    pytest.param(name, path, id=f"{name}-{number}")
    for name, pattern in KINDS_OF_FILE.items()
    for number, path in enumerate(path for root in ROOTS for path in sorted(root.glob(pattern)))
]
ELECTRICIAN = bundled_root() / "rubrics" / "electrician-l3"


def written_in(path: Path) -> Any:
    """What stands in a file, as JSON would say it."""
    data = tomllib.loads(path.read_text("utf-8")) if path.suffix == ".toml" else read_yaml(path, path.name).data
    return json.loads(json.dumps(data, default=str))


def problems(name: str, data: Any) -> list[str]:
    """What a schema has against a document."""
    return [one.message for one in jsonschema_rs.validator_for(SCHEMAS[name]()).iter_errors(data)]


def test_each_kind_of_file_is_met() -> None:
    """The samples hold a file of each kind, so that none goes unread."""
    assert {param.values[0] for param in FILES} == set(KINDS_OF_FILE)


@pytest.mark.parametrize(("name", "path"), FILES)
def test_sample_files_fit_their_schema(name: str, path: Path) -> None:
    """An editor that is given the schema has nothing against a file that certengine reads."""
    assert problems(name, written_in(path)) == []


def test_a_field_nobody_knows_does_not_fit() -> None:
    """A misspelt field of a task's aspect is refused by the schema, as it is by the reader."""
    task = written_in(ELECTRICIAN / "tasks" / "A-P1.yaml")
    aspect = task["groups"][0]["aspects"][0]
    aspect["band"] = aspect.pop("bands")

    assert problems("task", task) != []


def test_tasks_are_named_in_a_scheme() -> None:
    """A practical component lists the ids of tasks, or parts of which some are elective; a whole task does not fit."""
    scheme = written_in(ELECTRICIAN / "scheme.yaml")
    practical = scheme["components"][1]
    del practical["tasks"]
    practical |= {"compulsory": ["A-P1"], "elective": {"choose": 1, "of": ["A-P2", "A-P3"]}}

    assert problems("scheme", scheme) == []

    practical["tasks"] = [written_in(ELECTRICIAN / "tasks" / "A-P1.yaml")]
    assert problems("scheme", scheme) != []
