"""Revealing a draw, and drawing again: what is public is enough, and whatever was exchanged shows by paper and slot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certengine.errors import AnswerIsNo, InputError, NotFound, Refused
from certengine.services.draw_proof import read_proof, reveal_sitting, write_banks
from certengine.services.draw_replay import ReplayedDraw, replay_draw, replay_published
from certengine.services.sittings import close_sitting, describe_sitting, list_sittings, open_sitting, seal_sitting
from tests.databases import meddle
from tests.services.small_world import BANK, CANDIDATES, SCHEME, SITTING, World, acting, papers, rows_of

At = Callable[[str], Path]


def close(root: Path) -> None:
    """The examination is over."""
    with acting(root) as context:
        close_sitting(context, SITTING)


@pytest.fixture(scope="module")
def published(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the proof of a sitting and the bank it names."""
    folder = tmp_path_factory.mktemp("published")
    root = world.copy("sealed", tmp_path_factory.mktemp("copy") / "academy")
    close(root)
    with acting(root) as context:
        reveal_sitting(context, SITTING, folder / "proof.json")
        write_banks(context, SITTING, folder)
    return folder


def replayed(folder: Path, target: str = SITTING, *, slot: int | None = None) -> ReplayedDraw:
    """The published draw, done again."""
    return replay_published(read_proof(folder / "proof.json", [folder / f"{BANK}@1.json"]), target, slot=slot)


def changed(folder: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """The same publication with the proof changed."""
    data = json.loads((folder / "proof.json").read_text("utf-8"))
    change(data)
    (target / "proof.json").write_text(json.dumps(data), encoding="utf-8")
    (target / f"{BANK}@1.json").write_bytes((folder / f"{BANK}@1.json").read_bytes())
    return target


@pytest.mark.parametrize("stage", ["opened", "sealed", "graded"])
def test_no_seed_is_revealed_before_the_sitting_is_closed(at: At, stage: str) -> None:
    """Whoever has seed and bank knows every paper."""
    with acting(at(stage)) as context:
        before = rows_of(context)
        with pytest.raises(Refused):
            reveal_sitting(context, SITTING)
        assert rows_of(context) == before


def test_the_revealed_seed_is_the_one_committed_to(at: At) -> None:
    """Revealing twice writes one event, and the seed shows from then on."""
    root = at("graded")
    close(root)
    with acting(root) as context:
        _, seed = reveal_sitting(context, SITTING)
        once = rows_of(context)
        assert reveal_sitting(context, SITTING)[1] == seed
        assert rows_of(context) == once
        assert describe_sitting(context, SITTING).seed == seed
        assert [line.state for line in list_sittings(context)] == ["revealed"]


def test_a_dry_run_closes_and_reveals_nothing(at: At, tmp_path: Path) -> None:
    """It answers as the act would, writes nothing, and does not tell the seed."""
    root = at("sealed")
    with acting(root) as context:
        before = rows_of(context)
        assert close_sitting(context, SITTING, dry_run=True)[1]
        with pytest.raises(Refused):
            reveal_sitting(context, SITTING, dry_run=True)
        assert rows_of(context) == before
    close(root)
    with acting(root) as context:
        before = rows_of(context)
        assert not close_sitting(context, SITTING, dry_run=True)[1]
        assert reveal_sitting(context, SITTING, tmp_path / "proof.json", dry_run=True)[1] is None
        assert write_banks(context, SITTING, tmp_path, dry_run=True) == (tmp_path / f"{BANK}@1.json",)
        assert rows_of(context) == before
    assert list(tmp_path.glob("*.json")) == []


class TestFromTheRegister:
    def test_the_draw_can_be_done_again(self, at: At) -> None:
        """From seed, bank, scheme and roster every paper comes out as stored, and the commitment holds."""
        with acting(at("sealed")) as context:
            again = replay_draw(context, SITTING)
        assert (again.papers, again.same, again.different, again.commitment_holds) == (6, 6, (), True)

    def test_one_paper_and_one_slot(self, at: At) -> None:
        """One paper is replayed by its id, and one slot of it."""
        with acting(at("sealed")) as context:
            one = papers(context)[2].id
            found = [replay_draw(context, one), replay_draw(context, one, slot=3)]
        assert [(again.papers, again.same) for again in found] == [(1, 1), (1, 1)]

    def test_an_exchanged_paper_shows(self, at: At) -> None:
        """A paper given to another candidate in the database is named, and the commitment breaks."""
        root = at("sealed")
        with acting(root) as context:
            first = papers(context)[0].id
        meddle(root, f"UPDATE paper SET contents = replace(contents, 'C1', 'C9') WHERE id = '{first}'")
        with acting(root) as context:
            again = replay_draw(context, SITTING)
        assert (again.different, again.commitment_holds) == ((first,), False)
        assert (again.differences[0].slot, again.differences[0].drawn) == (None, "nothing")

    def test_an_exchanged_item_shows_with_its_slot(self, at: At) -> None:
        """An item swapped in the database is named with what was drawn; other slots of the paper are as drawn."""
        root = at("sealed")
        with acting(root) as context:
            first = papers(context)[0]
        swapped = first.items[1].item
        meddle(
            root,
            f'UPDATE paper SET contents = replace(contents, \'"item":"{swapped}"\', \'"item":"S-X"\') WHERE id = \'{first.id}\'',
        )
        with acting(root) as context:
            found = [(one.slot, one.stored, one.drawn) for one in replay_draw(context, first.id).differences]
            assert replay_draw(context, first.id, slot=1).different == ()
        assert found == [(2, "S-X", swapped)]

    def test_an_exchanged_order_of_options_shows(self, at: At) -> None:
        """A slot whose options were turned is named with both orders."""
        root = at("sealed")
        with acting(root) as context:
            first = papers(context)[0]
        choice = next(one for one in first.items if one.variant.get("options"))
        order = choice.variant["options"]
        assert isinstance(order, list)
        before, after = (json.dumps(one, separators=(",", ":")) for one in (order, order[::-1]))
        meddle(root, f"UPDATE paper SET contents = replace(contents, '{before}', '{after}') WHERE id = '{first.id}'")
        with acting(root) as context:
            differences = replay_draw(context, SITTING).differences
        assert differences
        assert {one.paper for one in differences} == {first.id}
        assert all("options" in one.stored and "options" in one.drawn for one in differences)

    def test_another_task_shows(self, at: At) -> None:
        """A task swapped in the database is named."""
        root = at("sealed")
        meddle(root, "UPDATE task_assignment SET task = 'T-9' WHERE candidate = 'C2'")
        with acting(root) as context:
            again = replay_draw(context, SITTING)
        assert [(one.paper, one.stored, one.drawn) for one in again.differences] == [("task of C2", "T-9", "T-1")]
        assert (again.same, again.commitment_holds) == (6, False)

    def test_another_head_shows(self, at: At) -> None:
        """A paper whose items are right but whose head is not is named as a whole."""
        root = at("sealed")
        meddle(root, "UPDATE paper SET contents = replace(contents, 'certengine-draw/2', 'certengine-draw/3')")
        with acting(root) as context:
            again = replay_draw(context, SITTING)
        assert {(one.slot, one.stored) for one in again.differences} == {(None, "another head")}

    @pytest.mark.parametrize(("target", "slot"), [("nowhere", None), ("AAAA-AAAA", 1), (SITTING, 99)])
    def test_nothing_of_that_name(self, at: At, target: str, slot: int | None) -> None:
        """Neither sitting nor paper nor slot."""
        with acting(at("sealed")) as context, pytest.raises(NotFound):
            replay_draw(context, target, slot=slot)

    def test_another_algorithm_is_not_guessed(self, at: At) -> None:
        """What an earlier program drew is drawn again by that program."""
        root = at("sealed")
        meddle(root, "UPDATE sitting_event SET details = replace(details, 'certengine-draw/2', 'certengine-draw/1')")
        with acting(root) as context, pytest.raises(Refused, match="certengine-draw/1"):
            replay_draw(context, SITTING)


class TestFromWhatIsPublic:
    def test_proof_and_bank_are_enough(self, published: Path) -> None:
        """Without register every paper comes out as published, all together, alone, and slot by slot."""
        again = replayed(published)
        one = json.loads((published / "proof.json").read_text("utf-8"))["papers"][3]["id"]

        assert (again.papers, again.same, again.differences, again.commitment_holds) == (6, 6, (), True)
        assert (1, 1) == (replayed(published, one).papers, replayed(published, one, slot=2).same)
        assert again.solver is None

    def test_proof_holds_no_name_and_no_key(self, published: Path) -> None:
        """What anybody may read names candidates by id only, and holds no text of an item."""
        text = (published / "proof.json").read_text("utf-8")

        assert not [word for word in ("陈晓", "name_en", "key", "stem", "explanation") if word in text]

    def test_an_exchanged_item_shows(self, published: Path, tmp_path: Path) -> None:
        """A slot of the proof that was not drawn is named, and the commitment breaks."""

        def swap(data: Any) -> None:
            row = data["papers"][0]["items"][0]
            row[1] = next(other["items"][0][1] for other in data["papers"] if other["items"][0][1] != row[1])

        again = replayed(changed(published, tmp_path, swap))

        assert (1, False) == (again.differences[0].slot, again.commitment_holds)

    def test_a_paper_cut_short_shows(self, published: Path, tmp_path: Path) -> None:
        """An item left out at the end is missed."""
        again = replayed(changed(published, tmp_path, lambda data: data["papers"][0]["items"].pop()))

        assert [(5, "nothing")] == [(one.slot, one.stored) for one in again.differences]

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data.update(seed="00" * 32),
            lambda data: data["candidates"].append({"id": "C7"}),
            lambda data: data["candidates"][0].update(seat="12"),
            lambda data: data.update(seen={"C1": [["other", "x"]]}),
        ],
        ids=["seed", "candidate", "seat", "seen"],
    )
    def test_other_material_breaks_the_commitment(
        self, published: Path, tmp_path: Path, change: Callable[[Any], None]
    ) -> None:
        """Another seed, roster, seat or history is not what was committed to."""
        assert not replayed(changed(published, tmp_path, change)).commitment_holds

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data["scheme"].update(edition="1999"),
            lambda data: data["banks"][0].update(digest="sha256:00"),
        ],
        ids=["scheme", "bank"],
    )
    def test_another_scheme_or_bank_is_refused(
        self, published: Path, tmp_path: Path, change: Callable[[Any], None]
    ) -> None:
        """Material that has not the digest it should have is not drawn from."""
        with pytest.raises(AnswerIsNo) as no:
            replayed(changed(published, tmp_path, change))
        assert no.value.code == "proof/other-material"

    def test_a_missing_bank_is_named(self, published: Path) -> None:
        """The proof says which bank it needs."""
        with pytest.raises(NotFound, match=f"needs bank `{BANK}` version 1"):
            read_proof(published / "proof.json", [])

    def test_a_missing_file_is_named(self, published: Path) -> None:
        """A file that is not there."""
        with pytest.raises(NotFound, match=r"nothing\.json"):
            read_proof(published / "nothing.json", [])

    @pytest.mark.parametrize(
        "text",
        [b"", b"[]", b"3", b"\xff", b"{}", b'{"schema": "certengine.draw-proof/1"}', b'{"contents": 3}', b"[" * 9000],
    )
    def test_what_is_no_proof_is_refused(self, published: Path, tmp_path: Path, text: bytes) -> None:
        """Any other file gives one clear answer."""
        (tmp_path / "proof.json").write_bytes(text)
        with pytest.raises(InputError) as error:
            read_proof(tmp_path / "proof.json", [published / f"{BANK}@1.json"])
        assert error.value.code == "proof/unreadable"

    def test_another_algorithm_is_refused(self, published: Path, tmp_path: Path) -> None:
        """A proof of another draw is not checked by this one."""
        with pytest.raises(InputError, match="no proof of certengine-draw/2"):
            replayed(changed(published, tmp_path, lambda data: data.update(algorithm="certengine-draw/1")))


class TestRetakers:
    def test_nobody_gets_an_item_again(self, at: At) -> None:
        """A second sitting of the same candidates draws nothing they have seen, or says which cells lack fresh items."""
        root = at("sealed")
        with acting(root) as context:
            open_sitting(context, SCHEME, root / "roster.csv", sitting_id="again")
            with pytest.raises(AnswerIsNo) as no:
                seal_sitting(context, "again")
        assert {finding.code for finding in no.value.findings} == {"draw/seen-before"}

    def test_whoever_allows_it_draws_from_the_whole_bank(self, at: At) -> None:
        """With ``retakers: any`` the second sitting is drawn, and its draw can be done again from what was sealed."""
        root = at("opened")
        scheme = root / "rubrics" / SCHEME / "scheme.yaml"
        scheme.write_text(
            scheme.read_text("utf-8").replace("minutes: 30\n", "minutes: 30\n    retakers: any\n"), "utf-8"
        )
        with acting(root) as context:
            for name in ("first", "again"):
                open_sitting(context, SCHEME, root / "roster.csv", sitting_id=name)
                seal_sitting(context, name)
            found = replay_draw(context, "again")
            assert (found.same, found.commitment_holds) == (len(CANDIDATES), True)
