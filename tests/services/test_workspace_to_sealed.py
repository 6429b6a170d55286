"""From an empty folder to a sealed sitting: what is refused, what stays, what a repetition changes."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from certengine.errors import AnswerIsNo, CannotTell, InputError, NotFound, Refused, UsageError
from certengine.services.backups import back_up_database
from certengine.services.banks import check_banks, list_banks, publish_bank, published_bank
from certengine.services.context import open_context
from certengine.services.grading import grade_written
from certengine.services.overview import check_database
from certengine.services.schemes import check_scheme
from certengine.services.setting_up import init_workspace, upgrade_database
from certengine.services.sittings import (
    close_sitting,
    describe_sitting,
    list_sittings,
    open_sitting,
    seal_sitting,
)
from tests.databases import do, held_rows, meddle, put_back
from tests.services.small_world import (
    BANK,
    CANDIDATES,
    NOW,
    ROSTER,
    SCHEME,
    SITTING,
    acting,
    papers,
    rows_of,
    sound_responses,
)

At = Callable[[str], Path]
ITEMS = f"question_banks/{BANK}/items/all.yaml"


def edit(root: Path, file: str, old: str, new: str, times: int = -1) -> None:
    """Change a file of the workspace as its author would."""
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, times), encoding="utf-8")


class TestSettingUp:
    """A new workspace, and its database."""

    def test_a_new_workspace_can_be_worked_in(self, tmp_path: Path) -> None:
        """Its database has the schema, and whoever made it may do all but assess."""
        root = init_workspace(tmp_path / "ws", sample=False)
        context = open_context(root)
        person = context.person()
        context.database.close()
        assert person is not None
        assert set(person.roles) == {
            "administrator",
            "author",
            "reviewer",
            "decider",
            "approver",
            "keyholder",
            "auditor",
        }

    def test_a_full_disk_leaves_no_half_made_workspace(self, tmp_path: Path) -> None:
        """Whatever step a limit on file sizes stops - templates or database - nothing is left."""
        program = (
            "import resource, sys; from pathlib import Path\n"
            "from certengine.errors import CertengineError\n"
            "from certengine.services.setting_up import init_workspace\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))\n"
            "try: init_workspace(Path(sys.argv[2]) / 'ws', sample=False)\n"
            "except CertengineError as error: sys.exit(0)\n"
            "sys.exit('it was made')\n"
        )
        for limit in (2_000, 60_000):
            folder = tmp_path / str(limit)
            folder.mkdir()
            done = subprocess.run([sys.executable, "-c", program, str(limit), folder], capture_output=True, check=False)
            assert (done.returncode, list(folder.iterdir())) == (0, []), done.stderr.decode()

    @pytest.mark.sqlite
    def test_a_lost_database_is_made_anew_by_upgrade(self, at: At) -> None:
        """The error names the command that makes it."""
        root = at("workspace")
        (root / "certengine.db").unlink()
        with pytest.raises(CannotTell) as error:
            open_context(root)
        assert "certengine db upgrade" in (error.value.hint or "")
        upgrade_database(root)
        open_context(root).database.close()

    def test_a_backup_taken_while_others_write_is_sound(self, at: At) -> None:
        """It is one consistent database, for its owner alone, and no temporary file stays beside it."""
        root = at("sealed")
        stop = threading.Event()

        def keep_writing() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                with acting(root) as context, context.writing() as connection:
                    context.write_act(connection, NOW, "test.act", str(number))

        writer = threading.Thread(target=keep_writing)
        writer.start()
        targets = [root / "backups" / f"{n}.db" for n in range(3)]
        for target in targets:
            back_up_database(root, target, actor="admin")
        stop.set()
        writer.join()
        assert sorted(path.name for path in (root / "backups").iterdir()) == ["0.db", "1.db", "2.db"]
        for target in targets:
            put_back(root, target)
            with acting(root) as context:
                assert check_database(context) == ()
                assert len(papers(context)) == 6
            assert stat.S_IMODE(target.stat().st_mode) == 0o600

    def test_a_backup_overwrites_nothing(self, at: At) -> None:
        """An earlier backup stays what it was."""
        root = at("workspace")
        (root / "old.db").write_text("precious")
        with pytest.raises(Refused, match="exists"):
            back_up_database(root, root / "old.db", actor="admin")
        assert (root / "old.db").read_text() == "precious"

    def test_a_backup_that_is_told_of_outlasts_a_loss_of_power(self, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its bytes are flushed before it has its name, then the folders that hold the name."""
        root, real, flushed = at("workspace"), os.fsync, []

        def fsync(descriptor: int) -> None:
            file = os.fstat(descriptor)
            flushed.append((file.st_ino, file.st_size if stat.S_ISREG(file.st_mode) else None))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        target = root / "backups" / "new.db"
        back_up_database(root, target, actor="admin")

        assert flushed == [
            (root.stat().st_ino, None),
            (target.stat().st_ino, target.stat().st_size),
            (target.parent.stat().st_ino, None),
        ]

    def test_a_database_is_backed_up_before_it_is_upgraded(self, at: At) -> None:
        """The hint of an older database can be followed: a backup is taken of whatever schema."""
        root = at("workspace")
        do(root, "UPDATE alembic_version SET version_num = '0001'")
        with pytest.raises(Refused, match="has schema 0001"):
            open_context(root)
        back_up_database(root, root / "before.db", actor="admin")
        do(root, "UPDATE alembic_version SET version_num = '0002'")
        put_back(root, root / "before.db")
        assert held_rows(root, "alembic_version") == [("0001",)]

    @pytest.mark.sqlite
    def test_what_is_no_database_is_not_backed_up(self, at: At) -> None:
        """A damaged file is told of, and no file is made."""
        root = at("workspace")
        (root / "certengine.db").write_bytes(b"no database at all" * 1000)
        with pytest.raises(CannotTell, match="cannot be read as a database"):
            back_up_database(root, root / "backups" / "new.db", actor="admin")
        assert not (root / "backups").exists()


class TestRoles:
    """Who may do what."""

    def test_without_the_role_an_act_is_refused_with_who_has_it(self, at: At) -> None:
        """The hint names the people who may."""
        with acting(at("workspace"), "a1") as context, pytest.raises(Refused, match="is not an administrator") as error:
            publish_bank(context, BANK, reason="mine")
        assert (error.value.code, "there is: admin" in (error.value.hint or "")) == ("role/missing", True)

    def test_a_workspace_that_declares_nobody_asks_nothing(self, at: At) -> None:
        """One person alone works without roles."""
        root = at("workspace")
        text = (root / "certengine.toml").read_text("utf-8")
        (root / "certengine.toml").write_text(text.split("[[people]]")[0], encoding="utf-8")
        with acting(root, "anybody") as context:
            assert publish_bank(context, BANK, reason="first")[1]


class TestPublishing:
    """A bank is frozen, or nothing happens."""

    def test_every_error_is_shown_and_nothing_published(self, at: At) -> None:
        """A self-review keeps the bank from being published."""
        root = at("workspace")
        edit(root, ITEMS, "reviewer: wang", "reviewer: chen")
        with acting(root) as context:
            before = rows_of(context)
            with pytest.raises(AnswerIsNo) as error:
                publish_bank(context, BANK, reason="first")
            assert {one.code for one in error.value.findings} == {"item/self-review"}
            assert len(error.value.findings) == 6
            assert rows_of(context) == before

    def test_a_bank_without_active_item_is_refused(self, at: At) -> None:
        """A bank of drafts fills no paper."""
        root = at("workspace")
        edit(root, ITEMS, "status: active", "status: draft")
        with acting(root) as context, pytest.raises(InputError, match="has no active item"):
            publish_bank(context, BANK, reason="first")

    def test_a_dry_run_writes_nothing(self, at: At) -> None:
        """It tells the version and digest that publishing gives then, and writes no row."""
        with acting(at("workspace")) as context:
            before = rows_of(context)
            would, new = publish_bank(context, BANK, reason="first", dry_run=True)
            assert (new, rows_of(context)) == (True, before)
            bank, _ = publish_bank(context, BANK, reason="first")
            assert would == replace(bank, published_at=would.published_at)
            assert not publish_bank(context, BANK, reason="again", dry_run=True)[1]

    def test_publishing_twice_changes_nothing(self, at: At) -> None:
        """The second time gives the same version and writes no row."""
        with acting(at("published")) as context:
            before = rows_of(context)
            bank, new = publish_bank(context, BANK, reason="again")
            assert ((bank.version, bank.reason, new), rows_of(context)) == ((1, "first", False), before)

    def test_a_change_is_a_new_version_and_the_old_one_stays(self, at: At) -> None:
        """Both versions can be read; the list says when files changed since."""
        root = at("published")
        edit(root, ITEMS, "对 1", "正确 1")
        with acting(root) as context:
            assert [(line.version, line.changed) for line in list_banks(context)] == [(1, True)]
            bank, new = publish_bank(context, BANK, reason="clearer")
            assert (bank.version, new) == (2, True)
            first = published_bank(context, BANK, 1).contents.item("S1").content.options[0].text.get("zh")
            second = published_bank(context, BANK).contents.item("S1").content.options[0].text.get("zh")
            assert (first, second) == ("对 1", "正确 1")

    def test_published_stays_gradable_without_its_files(self, at: At) -> None:
        """A sitting needs nothing of the YAML it came from."""
        root = at("sealed")
        shutil.rmtree(root / "question_banks")
        shutil.rmtree(root / "rubrics")
        with acting(root) as context:
            assert grade_written(context, SITTING, [sound_responses(context, root / "r.csv")]).graded == 6

    def test_an_altered_version_is_refused(self, at: At) -> None:
        """A bank whose stored bytes do not match their digest draws nothing."""
        root = at("opened")
        meddle(root, 'UPDATE bank_version SET contents = replace(contents, \'"key":"a"\', \'"key":"b"\')')
        with acting(root) as context, pytest.raises(Refused, match="was altered in the database"):
            seal_sitting(context, SITTING)

    def test_a_workspace_without_bank_says_so(self, tmp_path: Path) -> None:
        """Checking nothing is no success."""
        root = init_workspace(tmp_path / "ws", sample=False)
        with acting(root) as context, pytest.raises(NotFound, match="has no bank"):
            check_banks(context, ())


class TestOpening:
    """A sitting is opened whole or not at all."""

    @pytest.mark.parametrize(
        ("roster", "codes"),
        [
            (ROSTER + "C1,陈晓二,\n", {"roster/duplicate-candidate"}),
            ("candidate_id,name\n", None),
            (ROSTER.replace("陈晓", "陈\u202e晓"), None),
        ],
        ids=["candidate-twice", "nobody", "direction-mark"],
    )
    def test_a_roster_that_does_not_hold_together_opens_nothing(
        self, at: At, roster: str, codes: set[str] | None
    ) -> None:
        """The findings name the lines; no table has a row more."""
        root = at("published")
        (root / "roster.csv").write_text(roster, encoding="utf-8")
        with acting(root) as context:
            before = rows_of(context)
            with pytest.raises(InputError) as error:
                open_sitting(context, SCHEME, root / "roster.csv", sitting_id="x")
            assert rows_of(context) == before
        if codes is not None:
            assert len(error.value.findings) == 2

    def test_a_short_bank_shows_every_shortfall(self, at: At) -> None:
        """Two cells that lack items are two findings, before any draw."""
        root = at("workspace")
        edit(
            root, ITEMS, "id: S3\n    kind: single_choice\n    area: S", "id: S3\n    kind: single_choice\n    area: M"
        )
        edit(
            root, ITEMS, "id: S2\n    kind: single_choice\n    area: S", "id: S2\n    kind: single_choice\n    area: M"
        )
        edit(root, ITEMS, "id: N1\n    kind: numeric\n    area: M", "id: N1\n    kind: numeric\n    area: S")
        with acting(root) as context:
            publish_bank(context, BANK, reason="first")
            before = rows_of(context)
            with pytest.raises(AnswerIsNo) as error:
                open_sitting(context, SCHEME, root / "roster.csv", sitting_id="x")
            assert [one.code for one in error.value.findings] == ["scheme/cell-short"] * 2
            assert rows_of(context) == before
            checked = check_scheme(context, SCHEME)
            assert [cell.short for cell in checked.cells if cell.short] == [1, 1]

    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            ("difficulty: {mean: 0.05, tolerance: 0.01}", "scheme/rule-out-of-reach"),
            ("importance: {Z: {min: 0.9}}", "scheme/rule-out-of-reach"),
        ],
    )
    def test_rules_that_no_paper_keeps_are_found_before_any_draw(self, at: At, rule: str, code: str) -> None:
        """Every cell has enough, but no paper keeps the rule: the check names it, and no sitting is opened."""
        root = at("published")
        scheme = root / "rubrics" / SCHEME / "scheme.yaml"
        scheme.write_text(
            scheme.read_text("utf-8").replace("minutes: 30\n", f"minutes: 30\n    {rule}\n    retakers: any\n"), "utf-8"
        )
        with acting(root) as context:
            found = check_scheme(context, SCHEME)
            with pytest.raises(AnswerIsNo) as no:
                open_sitting(context, SCHEME, root / "roster.csv", sitting_id="x")
        assert {finding.code for finding in found.errors} & {code, "scheme/cell-short"}
        assert [one.code for one in no.value.findings] == [one.code for one in found.errors]

    def test_papers_that_must_share_too_much_open_nothing(self, at: At) -> None:
        """A bank that has enough for one paper, and too little for what `overlap` asks, is told of before a sitting is."""
        root = at("published")
        edit(root, f"rubrics/{SCHEME}/scheme.yaml", "    minutes:", "    forms: 20\n    overlap: 0\n    minutes:", 1)
        with acting(root) as context:
            assert {finding.code for finding in check_scheme(context, SCHEME).errors} == {"scheme/cell-shared"}
            with pytest.raises(AnswerIsNo) as error:
                open_sitting(context, SCHEME, root / "roster.csv", sitting_id="next")
        assert {finding.code for finding in error.value.findings} == {"scheme/cell-shared"}

    def test_a_scheme_is_checked_against_the_draft_until_the_bank_is_published(self, at: At) -> None:
        """The answer says what was counted."""
        root = at("workspace")
        with acting(root) as context:
            draft = check_scheme(context, SCHEME).bank_sources
            publish_bank(context, BANK, reason="first")
            assert (draft, check_scheme(context, SCHEME).bank_sources) == (
                ((BANK, "draft, not published"),),
                ((BANK, "version 1"),),
            )

    def test_an_unpublished_bank_opens_nothing(self, at: At) -> None:
        """Papers are drawn from what is frozen; the hint freezes it."""
        root = at("workspace")
        with acting(root) as context, pytest.raises(NotFound) as error:
            open_sitting(context, SCHEME, root / "roster.csv", sitting_id="x")
        assert error.value.hint == f"`certengine bank publish {BANK}` publishes it"

    def test_a_dry_run_writes_nothing(self, at: At) -> None:
        """The plan is told, and no row is written."""
        root = at("published")
        with acting(root) as context:
            before = rows_of(context)
            sitting, _ = open_sitting(context, SCHEME, root / "roster.csv", sitting_id="x", dry_run=True)
            assert ([one.id for one in sitting.candidates], rows_of(context)) == (list(CANDIDATES), before)

    def test_an_id_is_used_once(self, at: At) -> None:
        """A second sitting of that id is refused."""
        root = at("opened")
        with acting(root) as context, pytest.raises(Refused) as error:
            open_sitting(context, SCHEME, root / "roster.csv", sitting_id=SITTING)
        assert error.value.code == "sitting/exists"

    @pytest.mark.parametrize("name", ["../x", "a b", "", ".x", "x" * 65])
    def test_an_id_is_a_plain_word(self, at: At, name: str) -> None:
        """It becomes a file name, so it cannot be anything; empty means the name by scheme and date."""
        root = at("published")
        with acting(root) as context:
            if name == "":
                assert open_sitting(context, SCHEME, root / "roster.csv", sitting_id=name)[0].id == f"{SCHEME}-20261122"
            else:
                with pytest.raises(UsageError, match="is not an id"):
                    open_sitting(context, SCHEME, root / "roster.csv", sitting_id=name)


class TestSealing:
    """Papers are drawn once, and the draw can be checked by anyone."""

    def test_a_dry_run_draws_and_writes_nothing(self, at: At) -> None:
        """It gives the commitment that sealing gives then, and the sitting stays open."""
        with acting(at("opened")) as context:
            before = rows_of(context)
            would, _ = seal_sitting(context, SITTING, dry_run=True)
            assert rows_of(context) == before
            assert seal_sitting(context, SITTING)[0].commitment == would.commitment

    def test_sealing_twice_changes_nothing(self, at: At) -> None:
        """The second time draws nothing and writes nothing."""
        with acting(at("sealed"), entropy="another") as context:
            before, drawn = rows_of(context), papers(context)
            sitting, now = seal_sitting(context, SITTING)
            assert (now, rows_of(context), papers(context)) == (False, before, drawn)
            assert sitting.commitment is not None

    def test_everybody_gets_a_paper_and_a_task(self, at: At) -> None:
        """A row for each candidate of the roster."""
        with acting(at("sealed")) as context:
            rows = describe_sitting(context, SITTING).rows
        assert [(row[0], bool(row[3]), row[4]) for row in rows] == [(one, True, "T-1") for one in CANDIDATES]

    def test_closing_is_written_down_once(self, at: At) -> None:
        """Closing twice changes nothing; what is not sealed is not closed."""
        root = at("sealed")
        with acting(root) as context:
            open_sitting(context, SCHEME, root / "roster.csv", sitting_id="later")
            with pytest.raises(Refused):
                close_sitting(context, "later")
            assert close_sitting(context, SITTING)[1]
            before = rows_of(context)
            assert not close_sitting(context, SITTING)[1]
            assert rows_of(context) == before
            assert [line.state for line in list_sittings(context)] == ["closed", "open"]

    def test_the_list_says_which_are_sealed(self, at: At) -> None:
        """Oldest first, each with its state."""
        root = at("sealed")
        with acting(root) as context:
            open_sitting(context, SCHEME, root / "roster.csv", sitting_id="later")
            assert [(line.id, line.state) for line in list_sittings(context)] == [
                (SITTING, "sealed"),
                ("later", "open"),
            ]
