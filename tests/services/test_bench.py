"""At the bench: every entry stored at once, own entries alone, no signature with blanks, corrections with a reason."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from certengine.errors import NotFound, Refused
from certengine.model.bench import ConflictKind
from certengine.services.bench import Bench, declare_conflicts, open_bench
from certengine.services.rating import grade_practical
from certengine.store import bench as store
from certengine.store import gradings
from tests.services.small_world import NOW, RIGHT_ENTRIES, SITTING, acting, rows_of, write_ratings

At = Callable[[str], Path]


def opened(context: object) -> Bench:
    """A bench whose assessor has declared that there is no conflict."""
    bench = open_bench(context, SITTING)  # type: ignore[arg-type]
    if not bench.declared:
        bench.declare({})
    return bench


def fill(bench: Bench, candidate: str = "C1", **other: str | None) -> None:
    """Every row of a sheet."""
    for aspect, entry in RIGHT_ENTRIES.items():
        bench.enter(candidate, "T-1", aspect, other.get(aspect, entry))


def test_entries_survive_whatever_happens(at: At) -> None:
    """Each entry is there for the next process as soon as it was made, and is no rating before it is signed."""
    root = at("sealed")
    with acting(root, "a1") as context:
        opened(context).enter("C1", "T-1", "M1", "100.02")
    with acting(root, "a1") as context:
        bench = open_bench(context, SITTING)
        rows = {row.aspect.id: row for row in bench.sheet("C1", "T-1").rows}
        with context.reading() as connection:
            assert gradings.load_ratings(connection, SITTING) == ()

    assert (rows["M1"].entered, rows["M1"].value, rows["M1"].signed) == (True, "100.02", False)
    assert not rows["D1"].entered
    assert bench.declared


def test_signing_makes_ratings(at: At) -> None:
    """A whole sheet, signed, is a run of ratings with a signature; signed again it changes nothing."""
    root = at("sealed")
    with acting(root, "a1") as context:
        bench = opened(context)
        fill(bench)
        run = bench.sign("C1", "T-1")
        counts = rows_of(context)
        again = bench.sign("C1", "T-1")
        assert counts == rows_of(context)
        with context.reading() as connection:
            signed = [(one.candidate, one.assessor) for one in store.load_signatures(connection, SITTING)]
            ratings = gradings.load_ratings(connection, SITTING)

    assert (run.graded, run.set_aside, run.notes) == (1, (), ())
    assert again.repeated == run.run
    assert signed == [("C1", "a1")]
    assert [(one.aspect, one.value) for one in ratings] == [("M1", "100.02"), ("D1", 0), ("J1", 3), ("V1", False)]
    assert bench.sheet("C1", "T-1").signed


def test_nothing_is_signed_with_a_blank_row(at: At) -> None:
    """A sheet with blank rows is refused with each of them; not attempted is no blank."""
    with acting(at("sealed"), "a1") as context:
        bench = opened(context)
        bench.enter("C1", "T-1", "M1", None)
        bench.enter("C1", "T-1", "J1", "2")
        with pytest.raises(Refused) as refused:
            bench.sign("C1", "T-1")
        with context.reading() as connection:
            assert gradings.load_ratings(connection, SITTING) == ()

    assert refused.value.code == "rating/blank-rows"
    assert ["C1 T-1/D1 has no entry", "C1 T-1/V1 has no entry"] == [one.message for one in refused.value.findings]


def test_undo_takes_the_latest_entry_back(at: At) -> None:
    """A struck entry is gone from the sheet and kept in the store; where there is none, there is nothing to undo."""
    root = at("sealed")
    with acting(root, "a1") as context:
        bench = opened(context)
        bench.enter("C1", "T-1", "D1", "3")
        assert bench.strike("C1", "T-1", "D1")
        assert not bench.strike("C1", "T-1", "D1")
        with context.reading() as connection:
            entries = [entry for _, entry in store.load_bench_entries(connection, SITTING, "a1")]

    assert [(one.value, one.struck) for one in entries] == [(3, False), (3, True)]
    with acting(root, "a1") as context:
        assert "D1" in open_bench(context, SITTING).sheet("C1", "T-1").blank


def test_signed_entry_changes_with_a_reason_only(at: At) -> None:
    """After signing, another entry needs a reason, and the sheet is signed anew; the first entry stays."""
    with acting(at("sealed"), "a1") as context:
        bench = opened(context)
        fill(bench)
        bench.sign("C1", "T-1")
        with pytest.raises(Refused) as refused:
            bench.enter("C1", "T-1", "D1", "2")
        bench.enter("C1", "T-1", "D1", "2", "miscounted")
        assert not bench.sheet("C1", "T-1").signed
        bench.sign("C1", "T-1")
        with context.reading() as connection:
            values = [one.value for one in gradings.load_ratings(connection, SITTING) if one.aspect == "D1"]
            assert len(store.load_signatures(connection, SITTING)) == 2

    assert refused.value.code == "rating/no-reason"
    assert values == [0, 2]


def test_others_entries_are_not_shown(at: At) -> None:
    """Two assessors at the same candidate: each sees the own sheet, blank until the own entry, signed or not."""
    root = at("sealed")
    with acting(root, "a1") as context:
        bench = opened(context)
        fill(bench)
        bench.sign("C1", "T-1")
        bench.enter("C2", "T-1", "D1", "1")
    with acting(root, "a2") as context:
        bench = opened(context)
        assert all(not row.entered for sheet in bench.sheets() for row in sheet.rows)


def test_what_an_aspect_cannot_take_is_refused_at_once(at: At) -> None:
    """A refused entry is not stored, and says what the aspect takes."""
    with acting(at("sealed"), "a1") as context:
        bench = opened(context)
        counts = rows_of(context)
        for aspect, raw in (("J1", "4"), ("D1", ""), ("M1", "1,234"), ("V1", "perhaps"), ("X9", "1")):
            with pytest.raises(Refused):
                bench.enter("C1", "T-1", aspect, raw)
        assert counts == rows_of(context)


def test_own_trainees_and_conflicts_have_no_sheet(at: At) -> None:
    """Candidates whom somebody trained or declared are not on the list, and take no entry."""
    root = at("sealed")
    with acting(root, "trainer") as context:
        bench = open_bench(context, SITTING)
        bench.declare({"C2": ConflictKind.RELATIVE})
        assert [sheet.candidate.id for sheet in bench.sheets()] == ["C1", "C3", "C4", "C5"]
        for candidate in ("C6", "C2"):
            with pytest.raises(Refused):
                bench.enter(candidate, "T-1", "D1", "1")


def test_nothing_is_entered_before_conflicts_are_declared(at: At) -> None:
    """Whoever has not looked through the candidates enters nothing."""
    with acting(at("sealed"), "a1") as context, pytest.raises(Refused) as refused:
        open_bench(context, SITTING).enter("C1", "T-1", "D1", "1")
    assert refused.value.code == "rating/undeclared"


def test_full_panel_has_no_place(at: At) -> None:
    """Candidates whom three others have rated are not on a fourth assessor's list."""
    with acting(at("graded"), "trainer") as context:
        bench = opened(context)
        assert bench.sheets() == ()
        with pytest.raises(Refused) as refused:
            bench.enter("C1", "T-1", "D1", "1")
    assert refused.value.code == "rating/panel-full"


def test_conflict_declared_meanwhile_stops_the_signature(at: At) -> None:
    """The rules hold when it is signed, not only when it was entered."""
    root = at("sealed")
    with acting(root, "a1") as context:
        bench = opened(context)
        fill(bench)
        with acting(root) as other:
            declare_conflicts(other, SITTING, "a1", ["C1"], ConflictKind.RELATIVE)
        with pytest.raises(Refused) as refused:
            bench.sign("C1", "T-1")
    assert refused.value.code == "rating/conflict"


def test_nobody_but_an_assessor(at: At) -> None:
    """The bench opens for assessors; nothing is entered for a candidate or task there is not."""
    root = at("sealed")
    with acting(root) as context, pytest.raises(Refused):
        open_bench(context, SITTING)
    with acting(root, "a1") as context:
        bench = opened(context)
        with pytest.raises(NotFound):
            bench.enter("C9", "T-1", "D1", "1")
        with pytest.raises(NotFound):
            bench.declare({"C9": ConflictKind.RELATIVE})


def test_sheet_keyed_in_elsewhere_is_seen(at: At) -> None:
    """What was taken from the assessor's own file stands on the sheet at the bench, signed."""
    root = at("sealed")
    rows = [("C1", aspect, "a1", entry) for aspect, entry in RIGHT_ENTRIES.items()]
    with acting(root) as context:
        grade_practical(context, SITTING, [write_ratings(root / "a1.csv", rows)])
    with acting(root, "a1") as context:
        sheet = open_bench(context, SITTING).sheet("C1", "T-1")

    assert (sheet.signed, sheet.blank, sheet.minutes, sheet.extra) == (True, (), 60, 0)


def test_two_who_sign_at_once_do_not_overfill_a_panel(at: At) -> None:
    """One place is left and both found it free: one of them signs, the other is refused, and nothing of that sheet counts."""
    root = at("sealed")
    for assessor in ("a1", "a2"):
        with acting(root, assessor) as context:
            bench = opened(context)
            fill(bench)
            bench.sign("C1", "T-1")
    both_looked = threading.Barrier(2)

    def sign(assessor: str) -> str:
        with acting(root, assessor) as context:
            bench = opened(context)
            fill(bench)
            asked = iter(range(2))

            def clock() -> datetime:
                # The first reading is of the desk, the second begins to write.
                if next(asked, None) is not None:
                    both_looked.wait(60)
                return NOW

            bench.context = replace(context, clock=clock)
            try:
                bench.sign("C1", "T-1")
            except Refused as refused:
                assert "a moment ago" in refused.message  # it was free when the bench looked
                return refused.code
            return "signed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(sign, ("a3", "trainer")))
    with acting(root) as context, context.reading() as connection:
        panel = {one.assessor for one in gradings.load_ratings(connection, SITTING)}

    assert ["rating/panel-full", "signed"] == outcomes
    assert 3 == len(panel)
