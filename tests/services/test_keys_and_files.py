"""Keys opened by their owner alone, and files that are whole or not there."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from certengine.credentials.keys import usable_at
from certengine.errors import InputError, NotFound, Refused
from certengine.model.credential import KeyUse
from certengine.services.files import clear_left_over, write_whole
from certengine.services.key_leftovers import key_leftovers
from certengine.services.key_plans import plan_new_keys, plan_retirement
from certengine.services.keys import load_keyring, new_keys, new_receipt_key, open_signers, retire_key
from certengine.services.overview import overview
from certengine.services.passphrases import passphrase_from_file
from tests.cli.running import certengine
from tests.services.small_world import NOW, acting, passphrase, rows_of

At = Callable[[str], Path]
LATER = NOW + timedelta(days=30)
SIGNING = {KeyUse.PDF, KeyUse.CRED}


def keys_of(root: Path) -> dict[str, bytes]:
    """Every file of the key folder."""
    return {path.name: path.read_bytes() for path in (root / "keys").iterdir()}


class TestKeys:
    """Made once, opened with the passphrase, closed by their window."""

    def test_what_is_private_is_its_owners_alone(self, at: At) -> None:
        """The folder and every private key; the keyring is for everybody who may enter."""
        root = at("keyed")
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in (root / "keys").glob("*.pem")}
        assert (stat.S_IMODE((root / "keys").stat().st_mode), modes) == (0o700, {".pem": 0o600})

    def test_signing_keys_lie_encrypted(self, at: At) -> None:
        """No file of a signing key can be read without the passphrase."""
        root = at("keyed")
        with acting(root) as context:
            kids = {key.kid for key in load_keyring(context).keys if key.use in SIGNING}
        files = [root / "keys" / f"{kid}.pem" for kid in kids] + [root / "keys" / "root.pem"]
        assert [b"ENCRYPTED PRIVATE KEY" in path.read_bytes() for path in files] == [True] * 3

    def test_the_keyring_holds_nothing_private(self, at: At) -> None:
        """It is published."""
        assert b"PRIVATE" not in keys_of(at("keyed"))["keyring.json"]

    def test_the_passphrase_opens_them(self, at: At) -> None:
        """Both signing keys of the window, and the method proofs name."""
        with acting(at("keyed")) as context:
            signers = open_signers(context, passphrase)
        assert ({signers.pdf.use, signers.cred.use}, signers.method.startswith("did:key:z")) == (SIGNING, True)

    def test_another_passphrase_opens_nothing(self, at: At) -> None:
        """Refused, with the ways to give the right one."""
        with acting(at("keyed")) as context, pytest.raises(Refused) as error:
            open_signers(context, lambda: b"another one")
        assert error.value.code == "key/passphrase"

    def test_rotating_with_another_passphrase_writes_nothing(self, at: At) -> None:
        """No key, no keyring, no act."""
        root = at("keyed")
        with acting(root) as context:
            files, rows = keys_of(root), rows_of(context)
            with pytest.raises(Refused):
                new_keys(context, lambda: b"another one", rotate=True)
            assert (keys_of(root), rows_of(context)) == (files, rows)

    def test_a_root_near_its_end_gets_a_successor(self, at: At) -> None:
        """After eighteen years and a day a key of two years needs another root; the key of our authority stays."""
        root = at("keyed")
        with acting(root, at=NOW + timedelta(days=18 * 366)) as context:
            kept = (root / "keys" / "root.pem").read_bytes()
            keyring = new_keys(context, passphrase, rotate=True)
            assert (len(keyring.roots), (root / "keys" / "root.pem").read_bytes()) == (2, kept)
            assert open_signers(context, passphrase).pdf.chain[-1] == keyring.roots[-1]

    def test_a_key_is_not_compromised_from_a_day_to_come(self, at: At) -> None:
        """A slip of the year would take the revocation back; it is refused, and the keyring stays."""
        root = at("keyed")
        with acting(root) as context:
            before = keys_of(root)
            with pytest.raises(Refused) as error:
                retire_key(context, load_keyring(context).keys[0].kid, compromised_from=NOW + timedelta(days=1))
            assert (error.value.code, keys_of(root)) == ("key/day-to-come", before)

    def test_a_short_passphrase_makes_no_key(self, at: At) -> None:
        """Seven characters are refused before anything is written."""
        root = at("approved")
        with acting(root) as context, pytest.raises(Refused, match="at least 8"):
            new_keys(context, lambda: b"1234567")
        assert not (root / "keys").exists()

    def test_keys_are_not_made_over_keys(self, at: At) -> None:
        """Whoever wants new ones says so by rotating."""
        root = at("keyed")
        before = keys_of(root)
        with acting(root) as context, pytest.raises(Refused) as error:
            new_keys(context, passphrase)
        assert (error.value.code, keys_of(root)) == ("key/exists", before)

    def test_one_change_at_a_time(self, at: At) -> None:
        """While somebody is asked for the passphrase nobody else changes the keys; afterwards one may."""
        root = at("keyed")
        met = []

        def meanwhile() -> bytes:
            with acting(root) as other, pytest.raises(Refused) as error:
                new_receipt_key(other)
            met.append(error.value.code)
            return passphrase()

        with acting(root) as context:
            new_keys(context, meanwhile, rotate=True)
            new_receipt_key(context)
        assert met == ["key/busy"]

    def test_a_disk_that_cannot_flush_the_keyring_leaves_no_act(self, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the disk may refuse is done before the act: refused, there is neither act nor a new keyring."""
        root, flush = at("keyed"), os.fsync

        def fails(descriptor: int) -> None:
            if ".keyring.json." in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            flush(descriptor)

        with acting(root) as context:
            keyring, rows = keys_of(root)["keyring.json"], rows_of(context)
            monkeypatch.setattr(os, "fsync", fails)
            with pytest.raises(Refused, match="Input/output error"):
                new_keys(context, passphrase, rotate=True)
            monkeypatch.undo()
            left = {name: data for name, data in keys_of(root).items() if "keyring" in name}
            assert (left, rows_of(context)) == ({"keyring.json": keyring}, rows)

    @pytest.mark.parametrize(("point", "said"), [("act-written:1", "in no act"), ("act-committed:1", "made by an act")])
    def test_what_a_killed_change_left_is_named_and_stays(self, at: At, point: str, said: str) -> None:
        """Each file of a key that never came into use, by `key list` and counted by `status`; making keys again clears none."""
        root = at("approved")
        command = [
            sys.executable,
            "-m",
            "certengine_cli",
            "key",
            "new",
            "-q",
            "--as",
            "admin",
            "--workspace",
            str(root),
        ]
        command += ["--passphrase-file", str(root / "passphrase")]
        subprocess.run(command, env={**os.environ, "CERTENGINE_STOP_AT": point}, capture_output=True, check=False)
        left = {path.name for path in (root / "keys").glob("*.pem")} - {"root.pem"}
        for again in (False, True):
            with acting(root) as context:
                if again:
                    new_keys(context, passphrase)
                with context.reading() as connection:
                    found = key_leftovers(context, connection)
                line = next(one.text for one in overview(context).lines if one.what == "keys")
            assert {Path(str(one.place)).name for one in found} == left
            assert all(said in one.message and one.code == "key/left-over" and one.hint for one in found)
            assert "4 files left over" in line
        assert certengine("key", "list", cwd=root).err.count("[key/left-over]") == 4
        assert len(certengine("key", "list", "--json", cwd=root).document["left_over"]) == 4

    def test_a_retired_receipt_key_that_could_still_sign_is_named(self, at: At) -> None:
        """Killed before its private half was deleted, or put back from a backup: it is told, with the way out."""
        root = at("keyed")
        with acting(root) as context:
            receipt = next(key.kid for key in load_keyring(context).keys if key.use is KeyUse.RECEIPT)
            path = root / "keys" / f"receipt-{receipt}.pem"
            private = path.read_bytes()
            retire_key(context, receipt)
            with context.reading() as connection:
                before = key_leftovers(context, connection)
            path.write_bytes(private)
            with context.reading() as connection:
                found = key_leftovers(context, connection)
        assert (before, [one.place and one.place.source for one in found]) == ((), [str(path)])

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_a_key_that_others_may_read_is_not_used(self, at: At, mode: int) -> None:
        """The hint is the command that mends it."""
        root = at("keyed")
        with acting(root) as context:
            kid = next(key.kid for key in load_keyring(context).keys if key.use is KeyUse.PDF)
            path = root / "keys" / f"{kid}.pem"
            path.chmod(mode)
            with pytest.raises(Refused) as error:
                open_signers(context, passphrase)
        assert (error.value.code, error.value.hint) == ("key/file-mode", f"chmod 600 {path}")

    def test_a_missing_key_file_is_told(self, at: At) -> None:
        """It is restored from a backup; nothing else is signed with."""
        root = at("keyed")
        with acting(root) as context:
            kid = next(key.kid for key in load_keyring(context).keys if key.use is KeyUse.CRED)
            (root / "keys" / f"{kid}.pem").unlink()
            with pytest.raises(NotFound, match="is missing"):
                open_signers(context, passphrase)

    def test_swapped_key_files_are_not_signed_with(self, at: At) -> None:
        """A file that holds another kind of key than the keyring says is refused."""
        root = at("keyed")
        with acting(root) as context:
            pdf, cred = (
                next(key.kid for key in load_keyring(context).keys if key.use is use)
                for use in (KeyUse.PDF, KeyUse.CRED)
            )
            shutil.copy(root / "keys" / f"{cred}.pem", root / "keys" / f"{pdf}.pem")
            with pytest.raises(InputError, match="another kind of key"):
                open_signers(context, passphrase)

    def test_rotating_closes_the_old_window_and_keeps_the_key(self, at: At) -> None:
        """Old signatures count as before; new ones are made with the new keys, under the same root."""
        root = at("keyed")
        with acting(root) as context:
            old = load_keyring(context)
        with acting(root, at=LATER) as context:
            new = new_keys(context, passphrase, rotate=True)
            signers = open_signers(context, passphrase)
        before = {key.kid for key in old.keys}
        assert before < {key.kid for key in new.keys}
        assert (signers.pdf.kid in before, signers.cred.kid in before, new.roots) == (False, False, old.roots)
        for key in new.keys:
            if key.kid in before:
                assert (usable_at(key, NOW), usable_at(key, LATER + timedelta(seconds=1))) == (True, False)

    def test_a_retired_key_signs_no_more(self, at: At) -> None:
        """Without another one nothing is signed; retiring twice is refused."""
        root = at("keyed")
        with acting(root) as context:
            kid = open_signers(context, passphrase).cred.kid
        with acting(root, at=LATER) as context:
            assert retire_key(context, kid).not_after == LATER
        with acting(root, at=LATER + timedelta(seconds=1)) as context:
            with pytest.raises(Refused) as error:
                open_signers(context, passphrase)
            assert error.value.code == "key/retired"
            with pytest.raises(Refused, match="is retired already"):
                retire_key(context, kid)

    def test_a_compromised_key_is_revoked_from_the_instant_named(self, at: At) -> None:
        """What it signed before counts, what it signed after does not, also when it was retired already."""
        root = at("keyed")
        stolen = NOW + timedelta(days=7)
        with acting(root, at=LATER) as context:
            kid = open_signers(context, passphrase).cred.kid
            retire_key(context, kid)
            record = retire_key(context, kid, compromised_from=stolen, reason="stolen")
        assert (record.revoked_at, record.revocation_reason) == (stolen, "stolen")
        assert (usable_at(record, stolen - timedelta(seconds=1)), usable_at(record, stolen)) == (True, False)

    def test_an_unknown_key_is_not_retired(self, at: At) -> None:
        """The hint lists those there are."""
        with acting(at("keyed")) as context, pytest.raises(NotFound, match="does not exist"):
            retire_key(context, "0" * 16)

    def test_without_keys_the_hint_makes_them(self, at: At) -> None:
        """Nothing is opened."""
        with acting(at("approved")) as context, pytest.raises(NotFound) as error:
            open_signers(context, passphrase)
        assert (error.value.code, error.value.hint) == ("key/none", "`certengine key new` makes them")

    def test_a_damaged_keyring_is_not_guessed_at(self, at: At) -> None:
        """It is told as damaged, not as absent."""
        root = at("keyed")
        (root / "keys" / "keyring.json").write_text("{")
        with acting(root) as context, pytest.raises(InputError, match="is damaged"):
            load_keyring(context)


class TestPassphraseFile:
    """A passphrase lies in a file that only its owner reads."""

    def test_the_first_line_counts(self, tmp_path: Path) -> None:
        """What an editor adds after it is no part of it."""
        path = tmp_path / "p"
        path.write_bytes(b"open sesame \r\nsecond")
        path.chmod(0o600)
        assert passphrase_from_file(path) == b"open sesame "

    @pytest.mark.parametrize(("mode", "content"), [(0o644, b"open sesame"), (0o600, b""), (0o600, b"\nopen")])
    def test_readable_by_others_or_empty_is_refused(self, tmp_path: Path, mode: int, content: bytes) -> None:
        """A secret that others can read is none, and neither is nothing."""
        path = tmp_path / "p"
        path.write_bytes(content)
        path.chmod(mode)
        with pytest.raises(Refused):
            passphrase_from_file(path)

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        """Never asked for silently instead."""
        with pytest.raises(NotFound):
            passphrase_from_file(tmp_path / "none")


class TestWriteWhole:
    """A file is written whole or not at all."""

    def test_mode_and_content_are_as_asked(self, tmp_path: Path) -> None:
        """Folders on the way are made, and nothing stays beside the file."""
        path = tmp_path / "a" / "b" / "key.pem"
        write_whole(path, b"secret", mode=0o600)
        assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"secret", 0o600)
        assert list(path.parent.iterdir()) == [path]

    def test_short_writes_are_gone_on_with(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A system that takes seven bytes at a time still gets every byte."""
        real = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
        write_whole(tmp_path / "x", bytes(range(256)))
        assert (tmp_path / "x").read_bytes() == bytes(range(256))

    @pytest.mark.parametrize("earlier", [None, b"the earlier file"])
    def test_a_disk_that_fills_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: bytes | None
    ) -> None:
        """After some bytes the disk is full: the earlier file stays whole, or there is none, and nothing beside it."""
        if earlier is not None:
            (tmp_path / "x").write_bytes(earlier)
        real, left = os.write, [20]

        def fills(descriptor: int, data: memoryview) -> int:
            if not left[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written = real(descriptor, bytes(data)[: left[0]])
            left[0] -= written
            return written

        monkeypatch.setattr(os, "write", fills)
        with pytest.raises(Refused, match="No space left on device"):
            write_whole(tmp_path / "x", b"x" * 100)
        monkeypatch.undo()
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({"x": earlier} if earlier else {})

    def test_a_folder_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        """Which file stands in the way of a folder is told, though it be folders higher; the file stays."""
        (tmp_path / "x").write_text("a letter")
        with pytest.raises(Refused, match="/x` is a file where a folder is wanted"):
            write_whole(tmp_path / "x" / "y" / "z", b"z")
        assert (tmp_path / "x").read_text() == "a letter"

    def test_a_file_that_is_a_folder_is_refused(self, tmp_path: Path) -> None:
        """Nobody is told to free space for it."""
        (tmp_path / "x").mkdir()
        with pytest.raises(Refused, match="/x` is a folder where a file is wanted") as error:
            write_whole(tmp_path / "x", b"z")
        assert "space" not in (error.value.hint or "")
        assert list(tmp_path.iterdir()) == [tmp_path / "x"]

    @pytest.mark.parametrize(
        ("number", "hint"), [(errno.EROFS, "that you may write to"), (errno.ENOSPC, "free space or choose")]
    )
    def test_the_way_out_follows_the_reason(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
    ) -> None:
        """Space is asked for where it lacks, and a folder that may be written where the folder is barred."""

        def fails(descriptor: int, data: memoryview) -> int:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "write", fails)
        with pytest.raises(Refused) as error:
            write_whole(tmp_path / "x", b"z")
        assert hint in (error.value.hint or "")

    def test_what_a_killed_writer_left_is_cleared_away_and_the_living_stay(self, tmp_path: Path) -> None:
        """A lock that ends with its process tells the one from the other."""
        program = (
            "import os, signal, sys, time; from pathlib import Path\n"
            "from certengine.services.files import write_whole\n"
            "def stop(descriptor, data):\n"
            "    print('writing', flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == 'die' else time.sleep(30)\n"
            "os.write = stop\n"
            "write_whole(Path(sys.argv[1]), b'data')\n"
        )
        arguments = [sys.executable, "-c", program]
        subprocess.run([*arguments, tmp_path / "dead", "die"], stdout=subprocess.PIPE, check=False)
        with subprocess.Popen([*arguments, tmp_path / "alive", "live"], stdout=subprocess.PIPE) as living:
            assert living.stdout is not None
            living.stdout.readline()
            before = sorted(path.name.split(".")[1] for path in tmp_path.iterdir())
            clear_left_over(tmp_path)
            after = sorted(path.name.split(".")[1] for path in tmp_path.iterdir())
            living.kill()
        assert (before, after) == (["alive", "dead"], ["alive"])


class TestPlans:
    """``--dry-run`` of a change of keys."""

    def test_a_plan_writes_nothing(self, at: At) -> None:
        """Neither a file nor a row, and it needs neither passphrase nor an answer."""
        root = at("issued")
        with acting(root) as context:
            files, rows, kid = keys_of(root), rows_of(context), load_keyring(context).keys[0].kid
        for words in (("rotate",), ("retire", kid), ("retire", kid, "--compromised-from", "2026-11-01")):
            ran = certengine("key", *words, "--dry-run", "--as", "admin", cwd=root)
            assert (ran.code, "would be" in ran.out) == (0, True), ran
        with acting(root) as context:
            assert (keys_of(root), rows_of(context)) == (files, rows)

    def test_reservations_that_would_be_lost_are_told(self, at: At) -> None:
        """They name the present keys: after a rotation their numbers can only be given up."""
        with acting(at("reserved")) as context:
            plan = plan_new_keys(context, rotate=True)
            kid = next(key.kid for key in plan.closes if key.use is KeyUse.CRED)
            assert len(plan.closes) == 4
            assert plan.stranded == plan_retirement(context, kid).stranded == ("S2630001", "S2630002", "S2630003")

    def test_certificates_that_would_no_longer_count_are_told(self, at: At) -> None:
        """Those the key signed from the day on, and no other."""
        with acting(at("issued")) as context:
            kid = next(key.kid for key in load_keyring(context).keys if key.use is KeyUse.PDF)
            undone = [
                plan_retirement(context, kid, compromised_from=NOW + timedelta(days=days)).undone for days in (-1, 0)
            ]
            none = plan_retirement(context, kid).undone
        assert [len(one) for one in (*undone, none)] == [3, 3, 0]

    def test_a_plan_refuses_what_the_act_refuses(self, at: At) -> None:
        """Keys where there are keys, and a key that is not there."""
        with acting(at("keyed")) as context:
            with pytest.raises(Refused) as exists:
                plan_new_keys(context)
            with pytest.raises(NotFound) as missing:
                plan_retirement(context, "none")
        assert (exists.value.code, missing.value.code) == ("key/exists", "key/not-found")
