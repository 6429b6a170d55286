"""``certengine replay`` as a person runs it: the chain, the link that differs, and the exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from certengine_cli import exits

from tests.cli.running import certengine
from tests.databases import copied_workspace
from tests.services.small_world import World
from tests.services.test_replay import NUMBER, altered

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with certificates."""
    return World(tmp_path_factory.mktemp("replay")).stage("issued")


@pytest.fixture
def root(issued: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copied_workspace(issued, tmp_path / "academy")


def test_a_sound_chain_is_shown_whole(root: Path) -> None:
    """One line for each link, in both languages, with its digest."""
    ran = certengine("replay", NUMBER, cwd=root)

    assert ran.code == exits.DONE
    assert ran.out.startswith(f"{NUMBER}: EQUAL 全部一致\n")
    assert "= bank:small " in ran.out
    assert "题库版本 small@1" in ran.out


def test_the_altered_link_is_shown_with_what_was_due(root: Path) -> None:
    """Exit code 3, and both digests of the link that differs."""
    altered(root, "UPDATE rating SET value = 'null' WHERE candidate = 'C1' AND aspect = 'J1'")
    ran = certengine("replay", NUMBER, "-q", cwd=root)
    told = certengine("replay", NUMBER, "--json", cwd=root).document

    assert (ran.code, told["differs"]) == (exits.NO, ["ratings:bench"])
    assert "✗ ratings:bench" in ran.out
    assert "C1 T-1 a1" in ran.out


def test_one_that_rests_on_what_is_gone_cannot_be_told(root: Path) -> None:
    """Without its keyring the token's signature cannot be judged: neither equal nor different."""
    (root / "keys" / "keyring.json").unlink()

    assert certengine("replay", NUMBER, cwd=root).code == exits.CANNOT_TELL


def test_an_unknown_certificate_is_not_found(root: Path) -> None:
    """Neither is a file that is none."""
    assert certengine("replay", "S0000000", cwd=root).code == exits.NOT_FOUND


def test_a_bundle_is_replayed_without_a_workspace(root: Path, tmp_path: Path) -> None:
    """Written by an auditor here, replayed in an empty folder there, by the issuer's published keyring."""
    bundle = tmp_path / "bundle.zip"
    shutil.copy(root / "keys" / "keyring.json", tmp_path / "keyring.json")
    ran = certengine("replay", NUMBER, "--bundle", bundle, "--without", "scores", "--as", "inspector", cwd=root)
    shutil.rmtree(root)
    there = certengine("replay", bundle, "--keyring", "keyring.json", cwd=tmp_path)

    assert (ran.code, there.code) == (exits.DONE, exits.DONE)
    assert "- decision" in there.out
    assert "= log " in there.out
    assert certengine("replay", bundle, "--without", "scores", cwd=tmp_path).code == exits.USAGE
    assert certengine("replay", bundle, "--bundle", "again.zip", cwd=tmp_path).code == exits.USAGE
