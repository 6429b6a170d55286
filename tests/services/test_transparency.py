"""The transparency log: what enters it, what is signed and published, what is proved, and what a check finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from certengine.canonical import canonical_bytes
from certengine.credentials.checkpoint import read_checkpoint
from certengine.credentials.logged import read_logged
from certengine.credentials.merkle import consistency_proof, consistent, leaf_hash
from certengine.errors import NotFound, Refused
from certengine.model.credential import State
from certengine.services.keys import load_keyring, new_log_key, open_signers
from certengine.services.log_check import check_log
from certengine.services.receipts import trust_in_register
from certengine.services.replay import replay
from certengine.services.replay_links import LinkOutcome
from certengine.services.site import export_site
from certengine.services.site_manifest import check_site
from certengine.services.standing import ReasonClass, change_standing
from certengine.services.transparency import CHECKPOINT, PUBLISHED, proof_of, publish_log, published_log
from certengine.services.trust import export_trust
from certengine.services.verification import verify_target
from certengine.store import log
from tests.databases import meddle
from tests.services.small_world import NOW, acting, passphrase
from tests.services.test_replay import NUMBER, altered, forget_commitments

At = Callable[[str], Path]


def publish(root: Path) -> str:
    """The log signed as it stands; its checkpoint."""
    with acting(root) as context:
        published = publish_log(context, open_signers(context, passphrase))
        assert published is not None
        return published.checkpoint.text


def revoke(root: Path, number: str = NUMBER) -> None:
    """One more entry."""
    with acting(root, "approver") as context:
        change_standing(context, number, "revoked", reason=ReasonClass.ERROR)


def test_what_enters_the_log(at: At) -> None:
    """Bank, seed, keys, issues and changes of status, in order; nothing of it is personal or can be guessed."""
    root = at("issued")
    revoke(root)
    with acting(root) as context, context.reading() as connection:
        found = [json.loads(one) for one in log.entries(connection)]

    assert [one["kind"] for one in found] == ["bank", "seed", *["key"] * 4, *["issue"] * 3, "status"]
    assert {tuple(one) for one in found} == {("act", "commitment", "kind")}
    assert all(one["commitment"].startswith("sha256:") for one in found)
    assert len({one["commitment"] for one in found}) == len(found)


def test_issuing_publishes_and_proves(at: At) -> None:
    """After issuing the checkpoint is signed, the tiles are there, and each certificate has its proof beside it."""
    root = at("issued")
    folder = root / PUBLISHED
    with acting(root) as context:
        keyring = load_keyring(context)
        checkpoint = published_log(folder, keyring)
        assert checkpoint is not None
        proofs = sorted((root / "certificates").glob("*.tlog-proof"))
        logged = [read_logged(path.read_text("utf-8"), keyring) for path in proofs]
    tile = (folder / f"tile/0/000.p/{checkpoint.size}").read_bytes()
    bundle = (folder / f"tile/entries/000.p/{checkpoint.size}").read_bytes()

    assert [one.number for one in logged] == [path.stem for path in proofs] == ["S2630001", "S2630002", "S2630003"]
    assert len(tile) == 32 * checkpoint.size
    first = int.from_bytes(bundle[:2])
    assert leaf_hash(bundle[2 : 2 + first]) == tile[:32]


def test_a_later_checkpoint_continues_the_earlier(at: At) -> None:
    """Consistency between two published trees; publishing again what did not change signs nothing new."""
    root = at("issued")
    before = read_checkpoint(publish(root))
    revoke(root)
    after = read_checkpoint(publish(root))
    with acting(root) as context, context.reading() as connection:
        proof = consistency_proof(before.size, after.size, log.StoredNodes(connection))

    assert after.size == before.size + 1
    assert consistent(before.size, after.size, proof, before.root, after.root)
    assert publish(root) == after.text


@pytest.mark.parametrize(
    "statement", ["UPDATE log_node SET hash = zeroblob(32) WHERE level = 3", "DELETE FROM log_entry WHERE place > 3"]
)
def test_a_log_that_was_rewritten_is_not_signed(at: At, statement: str) -> None:
    """Nothing is signed that does not continue what was signed before: neither cut nor changed."""
    root = at("issued")
    altered(root, statement)

    with pytest.raises(Refused) as error:
        publish(root)
    assert error.value.code == "log/rewritten"


ALTERED = {
    "UPDATE audit SET actor = 'x' WHERE seq = 5": "",
    "UPDATE log_entry SET content = replace(content, 'sha256:', 'sha256;') WHERE place = 2": "entry 2 of the log",
    "UPDATE log_node SET hash = zeroblob(32) WHERE level = 0 AND place = 3": "entry 3 of the log",
    "UPDATE log_node SET hash = zeroblob(32) WHERE level = 1 AND place = 1": "node 1 on level 1",
    "DELETE FROM log_entry WHERE place = 4": "entry 4 of the log is missing",
    "DELETE FROM log_node WHERE level = 0 AND place = 1": "entry 1 of the log",
    "INSERT INTO log_node VALUES (9, 9, zeroblob(32))": "the log has nodes",
    "UPDATE commitment SET value = 'sha256:0' WHERE kind = 'seed'": "the commitments of act 3",
    "DELETE FROM commitment WHERE kind = 'decision'": "the commitments of act 6",
    "INSERT INTO commitment (act, kind, subject, value) VALUES (99, 'issue', 'x', 'y')": "commitments name act 99",
    "UPDATE grading_run SET \"by\" = 'a1' WHERE id = 1": "grading run 1 is not as act",
    "INSERT INTO set_aside (run, place, code, message) VALUES (1, 'line 2', 'x', 'y')": "grading run 1 is not as act",
    "DELETE FROM commitment_salt WHERE owner LIKE '%/C2'": "what opens the commitments to",
    "DELETE FROM commitment_salt WHERE owner LIKE 'bank %'": "what opens the commitments to bank small@1",
    "UPDATE log_checkpoint SET text = replace(text, '9', '8')": "the checkpoint of",
    "UPDATE log_checkpoint SET text = 'x'": "the checkpoint of",
}


@pytest.mark.parametrize("statement", ALTERED)
def test_one_altered_row_is_named(at: At, statement: str) -> None:
    """Whatever is altered in trail or log, the check names its row."""
    root = at("issued")
    with acting(root) as context:
        sound = check_log(context)
        assert (sound.sound, sound.problems) == (True, ())
    altered(root, statement)
    with acting(root) as context:
        found = check_log(context)

    assert not found.sound
    if ALTERED[statement]:
        assert any(one.startswith(ALTERED[statement]) for one in found.problems), found.problems
    else:
        assert found.first_break == 5


def test_a_checkpoint_kept_elsewhere_finds_a_whole_rewrite(at: At) -> None:
    """Whoever rewrites everything, signatures and all, cannot rewrite what somebody else has."""
    root = at("issued")
    kept = publish(root)
    with acting(root) as context:
        assert check_log(context, kept=kept).sound
    for table in ("log_node", "log_entry", "log_checkpoint"):
        altered(root, f"DELETE FROM {table}")
    with acting(root) as context:
        found = check_log(context, kept=kept)

    assert found.problems == (
        "the checkpoint kept elsewhere is not a beginning of the log as it is: it was rewritten or cut",
    )
    assert not check_of(root, kept.replace("verify", "virify")).sound


def check_of(root: Path, kept: str) -> object:
    """The check with a kept checkpoint."""
    with acting(root) as context:
        return check_log(context, kept=kept)


def test_a_workspace_older_than_the_log_enters_what_it_has(at: At) -> None:
    """Its first new entry comes after bank, seed, keys and issues of before, each by an act of its own."""
    root = at("issued")
    meddle(root, *(f"DELETE FROM {table}" for table in ("log_node", "log_entry", "log_checkpoint", "commitment_salt")))
    forget_commitments(root)
    revoke(root, "S2630002")
    publish(root)
    with acting(root) as context:
        with context.reading() as connection:
            kinds = [json.loads(one)["kind"] for one in log.entries(connection)]
        assert kinds == ["bank", "seed", *["key"] * 4, *["issue"] * 3, "status"]
        assert check_log(context).sound
        links = {link.id: link.outcome for link in replay(context, NUMBER).links}
        assert (links["log"], links["standing"], links["certificate"]) == (LinkOutcome.EQUAL,) * 3


def test_the_log_is_a_link_of_the_replay(at: At) -> None:
    """An entry that was altered, or a tree that does not hold, is named as such."""
    root = at("issued")
    altered(root, "UPDATE log_entry SET content = replace(content, 'sha256:', 'sha256;') WHERE subject = ?", NUMBER)
    with acting(root) as context:
        assert replay(context, NUMBER).differing == ("log",)
    altered(root, "DELETE FROM log_entry")
    with acting(root) as context:
        assert replay(context, NUMBER).differing == ("log",)


def test_a_node_that_does_not_hold_is_a_difference_of_the_log(at: At) -> None:
    """The proof fails although the entry is as it was."""
    root = at("issued")
    altered(root, "UPDATE log_node SET hash = zeroblob(32) WHERE level = 2")
    with acting(root) as context:
        assert replay(context, NUMBER).differing == ("log",)


def test_verify_checks_the_proof_beside_a_file(at: At) -> None:
    """A good one is told; one of another certificate leaves nothing called valid."""
    root = at("issued")
    first, second = (root / "certificates" / f"S263000{n}.pdf" for n in (1, 2))
    with acting(root) as context:
        source = trust_in_register(context).source
        verdict = verify_target(str(first), source, at=NOW)
        assert (verdict.state, [(one.id, one.outcome.value) for one in verdict.checks][-1]) == (
            State.VALID,
            ("log", "passed"),
        )
        second.with_suffix(".tlog-proof").replace(first.with_suffix(".tlog-proof"))
        verdict = verify_target(str(first), source, at=NOW)
        assert (verdict.state, verdict.checks[-1].outcome.value) == (State.UNCHECKED, "failed")
        first.with_suffix(".tlog-proof").write_text("no proof")
        assert verify_target(str(first), source, at=NOW).state is State.UNCHECKED
        first.with_suffix(".tlog-proof").unlink()
        assert "log" not in [one.id for one in verify_target(str(first), source, at=NOW).checks]


def test_mirror_and_trust_folder_hold_the_log(at: At, tmp_path: Path) -> None:
    """As the endpoint serves it; the mirror's manifest covers it."""
    root = at("issued")
    with acting(root) as context:
        export_trust(context, passphrase, tmp_path / "trust")
        export_site(context, tmp_path / "site", passphrase)
        text = (tmp_path / "trust" / CHECKPOINT).read_text("utf-8")
        size = read_checkpoint(text).size
        assert (tmp_path / "site" / "log" / CHECKPOINT).read_text("utf-8") == text
        assert len((tmp_path / "site" / f"log/tile/0/000.p/{size}").read_bytes()) == 32 * size
        assert check_site(tmp_path / "site", load_keyring(context), at=NOW).problems == ()


def test_without_a_log_key_nothing_is_published_until_there_is_one(at: At) -> None:
    """A keyring of before the log works as ever; a key can be added to it."""
    root = at("keyed")
    with acting(root) as context:
        signers = open_signers(context, passphrase)
        assert publish_log(context, replace(signers, log=None)) is None
        before = load_keyring(context)
        made = new_log_key(context, passphrase)
        assert open_signers(context, passphrase).log is not None
        assert load_keyring(context).key(made.kid) == made
        assert len(load_keyring(context).keys) == len(before.keys) + 1


def test_what_is_not_published_is_not_proved(at: At) -> None:
    """Before the first checkpoint after its issue a certificate has no proof."""
    root = at("issued")
    altered(root, "DELETE FROM log_checkpoint")
    with acting(root) as context:
        with pytest.raises(NotFound) as error:
            proof_of(context, NUMBER)
        assert error.value.code == "log/not-published"
    publish(root)
    with acting(root) as context:
        assert proof_of(context, NUMBER)[0] == NUMBER


def test_two_writers_at_once_keep_one_order(at: At) -> None:
    """Each waits for the other's transaction, so places and acts have no gap."""
    import threading

    root = at("issued")

    def work(number: str) -> None:
        revoke(root, number)

    threads = [threading.Thread(target=work, args=(f"S263000{n}",)) for n in (1, 2, 3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with acting(root) as context:
        found = check_log(context)

    assert (found.sound, found.entries) == (True, 12)
    assert canonical_bytes(found.problems) == b"[]"
