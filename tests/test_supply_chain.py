"""What we are made of and how it is built: a bill of materials, known vulnerabilities, a wheel that is the same anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cyclonedx.schema
import jsonschema_rs
import pytest

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = Path(cyclonedx.schema.__file__).parent / "_res"
VULNERABLE = {
    "id": "TEST-2026-1",
    "summary": "an invented one",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


def ran(script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script of the checkout."""
    command = [sys.executable, str(ROOT / "script" / script), *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if name not in {"CERTENGINE_OSV", "SOURCE_DATE_EPOCH"}}
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of materials."""
    made = ran("sbom", SOURCE_DATE_EPOCH="1700000000")
    assert made.returncode == 0, made.stderr
    return dict(json.loads(made.stdout))


def test_the_bill_is_valid_cyclonedx(bill: dict[str, Any]) -> None:
    """It holds to the schema that its specification publishes, and a bill that does not is told from it."""
    schema = json.loads((SCHEMAS / "bom-1.6.SNAPSHOT.schema.json").read_text("utf-8"))
    others = [
        (f"http://cyclonedx.org/schema/{path.name}", json.loads(path.read_text("utf-8")))
        for path in SCHEMAS.glob("*.SNAPSHOT.schema.json")
        if path.name.startswith(("spdx", "jsf"))
    ]
    validator = jsonschema_rs.validator_for(schema, registry=jsonschema_rs.Registry(others))

    validator.validate(bill)
    assert not validator.is_valid(bill | {"components": [{"type": "library"}]})


def test_the_bill_names_everything_in_the_lock(bill: dict[str, Any]) -> None:
    """Every pinned package with a digest and, where it is installed, a licence; what we ask for is under us."""
    pins = [
        line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if "==" in line
    ]
    named = [one["name"] for one in bill["components"]]
    refs = {one["bom-ref"] for one in bill["components"]}

    assert len(named) == len([one for one in pins if not one.lstrip().startswith("#")])
    assert {"weasyprint", "cryptography", "sqlalchemy"} <= set(named)
    assert all(any(part["name"].endswith("sha256") for part in one["properties"]) for one in bill["components"])
    assert sum("licenses" in one for one in bill["components"]) > 30
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} <= refs
    assert len(bill["dependencies"][0]["dependsOn"]) > 20


def test_the_same_lock_gives_the_same_bill(bill: dict[str, Any]) -> None:
    """Nothing of this machine or this hour is in it."""
    assert json.loads(ran("sbom", SOURCE_DATE_EPOCH="1700000000").stdout) == bill
    assert "timestamp" not in json.loads(ran("sbom").stdout)["metadata"]
    assert str(ROOT) not in json.dumps(bill)


def test_without_a_database_nothing_is_claimed() -> None:
    """Offline it says that it cannot tell, and how it could; it does not say that all is well."""
    told = ran("vulnerabilities")

    assert (told.returncode, told.stdout) == (6, "")
    assert "nothing was checked" in told.stderr


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda one: None, 3, "TEST-2026-1: an invented one (mended in 99.0)"),
        (lambda one: one["affected"][0]["ranges"][0]["events"].__setitem__(1, {"fixed": "0.1"}), 0, ""),
        (lambda one: one["affected"][0]["ranges"][0]["events"].__setitem__(1, {"last_affected": "0.1"}), 0, ""),
        (
            lambda one: one["affected"][0]["ranges"][0]["events"].__setitem__(0, {"introduced": "not a version"}),
            3,
            "TEST",
        ),
        (lambda one: one["affected"][0].update(ranges=[], versions=["0.1"]), 0, ""),
        (lambda one: one["affected"][0]["package"].update(ecosystem="npm"), 0, ""),
        (lambda one: one.update(withdrawn="2026-01-01T00:00:00Z"), 0, ""),
    ],
    ids=[
        "in the range",
        "mended before",
        "affected before",
        "unreadable range",
        "other versions",
        "not Python",
        "withdrawn",
    ],
)
def test_a_known_vulnerability_is_found(
    change: Callable[[dict[str, Any]], None], code: int, said: str, tmp_path: Path
) -> None:
    """A record that means our version is named with the way out; in doubt it is meant; one of other versions is not."""
    record = json.loads(json.dumps(VULNERABLE))
    change(record)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as package:
        package.writestr("TEST-2026-1.json", json.dumps(record))

    told = ran("vulnerabilities", "--osv", tmp_path / "all.zip")

    assert (told.returncode, said in told.stdout) == (code, True), told


def test_a_damaged_database_is_none(tmp_path: Path) -> None:
    """What cannot be read tells nothing."""
    (tmp_path / "all.json").write_text("{", encoding="utf-8")

    assert ran("vulnerabilities", CERTENGINE_OSV=str(tmp_path / "all.json")).returncode == 6


@pytest.mark.slow
def test_the_wheel_is_the_same_wherever_it_is_built(tmp_path: Path) -> None:
    """Two copies in folders of other names, with other times, rights and time zones, give the same bytes."""
    wheels = []
    for name, umask, zone, day in (
        ("one", 0o022, "Asia/Shanghai", 1_600_000_000),
        ("an other", 0o077, "UTC", 1_700_000_000),
    ):
        copy = tmp_path / name
        command = f'umask {umask:03o}; cp -R --no-preserve=mode,timestamps "$0"/. "$1"'
        subprocess.run(["sh", "-c", command, _sources(tmp_path), copy], check=True)
        for path in copy.rglob("*"):
            os.utime(path, (day, day))
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / f"{name} dist")]
        environment = {**os.environ, "TZ": zone, "SOURCE_DATE_EPOCH": "1767225600", "PYTHONHASHSEED": str(len(name))}
        environment.pop("PYTHONPATH", None)
        subprocess.run(build, cwd=copy, env=environment, check=True, capture_output=True, umask=umask)
        wheels.append(next((tmp_path / f"{name} dist").glob("*.whl")))

    one, other = (wheel.read_bytes() for wheel in wheels)
    assert [wheel.name for wheel in wheels] == ["certengine-0.1.0-py3-none-any.whl"] * 2
    assert one == other
    with zipfile.ZipFile(wheels[0]) as package:
        names = package.namelist()
    assert {"certengine/py.typed", "certengine_cli/main.py"} <= set(names)
    assert any(name.startswith("certengine/bundled/templates/") for name in names)
    assert not [name for name in names if name.startswith("tests/")]


def _sources(folder: Path) -> Path:
    """What a wheel is built from, once."""
    target = folder / "sources"
    if not target.exists():
        target.mkdir()
        for name in ("certengine", "cli", "question_banks", "rubrics", "templates"):
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, target)
    return target
