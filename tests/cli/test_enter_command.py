"""``grade enter`` as an assessor uses it: through a pipe and on a real terminal, killed and taken up again."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certengine.store import bench as store
from certengine.store import gradings
from tests.cli.running import certengine
from tests.services.small_world import SITTING, World, acting

pytestmark = pytest.mark.slow

Entering = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stages of the small academy."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def root(world: World, tmp_path: Path) -> Path:
    """A sealed sitting of six candidates, each with an M, a D, a J and a V row."""
    return world.copy("sealed", tmp_path / "academy")


def command(root: Path, *words: str, assessor: str = "a1") -> list[str]:
    """The command as a person types it."""
    return [sys.executable, "-m", "certengine_cli", "grade", "enter", SITTING, "--as", assessor, *words]


def entered(
    root: Path, *lines: str, words: tuple[str, ...] = (), assessor: str = "a1"
) -> subprocess.CompletedProcess[str]:
    """The command with its input from a pipe; the input ends after the lines."""
    given = "".join(f"{line}\n" for line in lines)
    return subprocess.run(
        command(root, *words, assessor=assessor), input=given, capture_output=True, text=True, cwd=root, check=False
    )


def values(root: Path, assessor: str = "a1") -> dict[tuple[str, str], object]:
    """The ratings of one assessor that stand."""
    with acting(root) as context, context.reading() as connection:
        ratings = gradings.load_ratings(connection, SITTING)
    return {(one.candidate, one.aspect): one.value for one in ratings if one.assessor == assessor}


def drafts(root: Path) -> list[tuple[str, object, bool]]:
    """Everything entered at the bench, struck or not."""
    with acting(root) as context, context.reading() as connection:
        return [(one.aspect, one.value, one.struck) for _, one in store.load_bench_entries(connection, SITTING, "a1")]


NO_CONFLICT, FIRST, SIGN = "0", "1", ("+", "1")


def test_digits_and_enter_sign_a_sheet(root: Path) -> None:
    """Declare, choose, four rows, sign: four ratings; the answer counts sheets."""
    ran = entered(root, NO_CONFLICT, FIRST, "100.02", "2", "3", "0", *SIGN, "0")

    assert (ran.returncode, ran.stdout) == (0, "signed 1 of 6 sheets, begun and not signed 0\n")
    assert values(root) == {("C1", "M1"): "100.02", ("C1", "D1"): 2, ("C1", "J1"): 3, ("C1", "V1"): False}


def test_questions_are_in_both_languages(root: Path) -> None:
    """Each question has the title, the choices and the keys in Chinese and English."""
    ran = entered(root, NO_CONFLICT, FIRST, "100", "0")

    for words in ("位置", "Position", "2   好  good", "未做 not attempted", "撤销 undo", "C1  陈晓", "60 min", "1 / 4"):
        assert words in ran.stderr
    assert "Tidiness" in ran.stderr


def test_undo_takes_the_last_entry_back(root: Path) -> None:
    """``*`` strikes the entry before and asks for it again; both stay in the store."""
    entered(root, NO_CONFLICT, FIRST, "100.02", "7", "*", "1", "3", "0", *SIGN)

    assert values(root)[("C1", "D1")] == 1
    assert [one for one in drafts(root) if one[0] == "D1"] == [("D1", 7, False), ("D1", 7, True), ("D1", 1, False)]


def test_not_attempted_is_a_key_of_its_own(root: Path) -> None:
    """``-`` is not attempted; Enter alone leaves a row for later and is no zero: it cannot be signed."""
    ran = entered(root, NO_CONFLICT, FIRST, "-", "", "2", "0", "+")

    assert values(root) == {}
    assert "D1" in ran.stderr
    assert "Not signed while rows are blank" in ran.stderr
    entered(root, "4", *SIGN)
    assert values(root) == {("C1", "M1"): None, ("C1", "D1"): 4, ("C1", "J1"): 2, ("C1", "V1"): False}


def test_refused_entry_is_asked_for_again(root: Path) -> None:
    """An entry that the aspect cannot take says why, and the same row is asked again."""
    ran = entered(root, NO_CONFLICT, FIRST, "about 100", "100", "1.5", "1", "4", "3", "1", *SIGN)

    assert "is not read as a number" in ran.stderr
    assert "a judgement of 0, 1, 2 or 3 is due" in ran.stderr
    assert values(root) == {("C1", "M1"): "100", ("C1", "D1"): 1, ("C1", "J1"): 3, ("C1", "V1"): True}


def test_review_changes_a_row_before_signing(root: Path) -> None:
    """In the review a row's number asks for it again."""
    entered(root, NO_CONFLICT, FIRST, "100", "1", "2", "0", "2", "3", *SIGN)

    assert values(root)[("C1", "D1")] == 3


def test_sheet_with_blank_rows_is_refused_with_the_keys_to_press(root: Path) -> None:
    """Signing with rows blank is refused in both languages, and the keys named there complete the sheet."""
    ran = entered(root, NO_CONFLICT, FIRST, "100", "+", "+", "/", "1", "-", "1", *SIGN)

    assert "有空行，不能签名" in ran.stderr
    assert "/ to enter them, - for not attempted" in ran.stderr
    assert values(root) == {("C1", "M1"): "100", ("C1", "D1"): 1, ("C1", "J1"): None, ("C1", "V1"): True}


def test_correction_after_signing_asks_for_a_reason(root: Path) -> None:
    """A signed row is changed with a reason chosen by a digit; the old entry stays, struck through."""
    entered(root, NO_CONFLICT, FIRST, "100", "1", "2", "0", *SIGN)
    entered(root, "2", "1", "3", *SIGN, words=("--candidate", "C1"))
    ran = certengine("grade", "corrections", SITTING, "--as", "a1", "--json", cwd=root)

    assert values(root)[("C1", "D1")] == 3
    assert [(one["old"], one["new"], one["reason"]) for one in ran.document["corrections"]] == [
        (1, 3, "读数有误 misread")
    ]


def test_declared_relative_is_not_on_the_list(root: Path) -> None:
    """A candidate declared as a relative has no sheet any more."""
    ran = entered(root, "1", "1", "0", "0")

    assert ran.stdout == "signed 0 of 5 sheets, begun and not signed 0\n"
    assert entered(root, words=("--candidate", "C1")).returncode == 5


def test_whoever_is_not_in_the_sitting_is_told(root: Path) -> None:
    """A candidate id that was mistyped is named as such, with the way to the list."""
    ran = entered(root, words=("--candidate", "C9"))

    assert ran.returncode == 4
    assert f"sitting `{SITTING}` has no candidate `C9`" in ran.stderr


def test_others_entries_are_nowhere(root: Path) -> None:
    """A second assessor is shown nothing of what the first gave."""
    entered(root, NO_CONFLICT, FIRST, "97.531", "1", "2", "0", *SIGN)
    ran = entered(root, NO_CONFLICT, FIRST, "+", "0", assessor="a2")

    assert "97.531" not in ran.stderr
    assert "signed 0 of 6 sheets" in ran.stdout


@pytest.fixture
def terminal(root: Path) -> Iterator[Callable[[], Terminal]]:
    """Terminals on which the command runs, ended with the test."""
    opened: list[Terminal] = []

    def start() -> Terminal:
        opened.append(Terminal(root))
        return opened[-1]

    yield start
    for one in opened:
        one.end()


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, root: Path) -> None:
        self.main, side = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        self.process = subprocess.Popen(
            command(root), stdin=side, stdout=side, stderr=side, cwd=root, env=environment, start_new_session=True
        )
        os.close(side)
        self.seen = ""

    def until(self, words: str, seconds: float = 60) -> None:
        """Read what is shown until some words are there, anew each time."""
        ends, start = time.monotonic() + seconds, len(self.seen)
        while words not in self.seen[start:]:
            left = ends - time.monotonic()
            assert left > 0, f"never shown: {words}\n{self.seen[start:]}"
            if select.select([self.main], [], [], left)[0]:
                self.seen += os.read(self.main, 65536).decode(errors="replace")

    def keys(self, text: str, then: str) -> None:
        """Type a line and see what it leads to."""
        os.write(self.main, f"{text}\n".encode())
        self.until(then)

    def end(self) -> None:
        """Kill it, as a power cut does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.main)


def test_killed_on_a_terminal_it_goes_on_where_it_stopped(root: Path, terminal: Callable[[], Terminal]) -> None:
    """Killed after two entries, started again: the third row is asked for, and nothing has to be entered twice."""
    first = terminal()
    first.until("申报完输入 0")
    first.keys("0", "输入序号；回车")
    first.keys("", "M1 ▶")
    first.keys("100.02", "D1 ▶")
    first.keys("2", "J1 ▶")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert drafts(root) == [("M1", "100.02", False), ("D1", 2, False)]

    second = terminal()
    second.until("J1 ▶")
    second.keys("3", "V1 ▶")
    second.keys("0", "输入行号修改")
    second.keys("+", "签名 sign")
    second.keys("1", "输入序号；回车")
    second.keys("0", "signed 1 of 6 sheets")

    assert second.process.wait(60) == 0
    assert values(root) == {("C1", "M1"): "100.02", ("C1", "D1"): 2, ("C1", "J1"): 3, ("C1", "V1"): False}
    assert "\x1b[1m" in second.seen


def test_ctrl_c_keeps_every_entry(root: Path, terminal: Callable[[], Terminal]) -> None:
    """Interrupted by hand, the program leaves by the code for it, and every entry is there."""
    one = terminal()
    one.until("申报完输入 0")
    one.keys("0", "输入序号；回车")
    one.keys("2", "M1 ▶")
    one.keys("99", "D1 ▶")
    os.killpg(one.process.pid, signal.SIGINT)

    assert one.process.wait(60) == 130
    assert drafts(root) == [("M1", "99", False)]


def test_an_entry_hard_to_believe_is_asked_about_before_it_is_stored(root: Path) -> None:
    """A deviation where a reading is due: why in both languages; no asks again, yes takes it, and Enter alone is neither."""
    ran = entered(root, NO_CONFLICT, FIRST, "0.02", "", "0", "10.02", "0", "100.02", "99", "1", "3", "0", *SIGN, "0")

    assert "99.98 away from 100, more than ten times the limit 0.1" in ran.stderr
    assert "与 100 相差 99.98" in ran.stderr
    assert drafts(root)[:2] == [("M1", "100.02", False), ("D1", 99, False)]
    assert values(root)[("C1", "D1")] == 99


def test_the_own_entry_is_told_with_its_marks(root: Path) -> None:
    """The rule works the marks out, nobody in the head; a veto has none to tell."""
    ran = entered(root, NO_CONFLICT, FIRST, "100.07", "-", "2", "0")

    for words in (
        "= 100.07 mm    20 / 40 分 marks",
        "= 未做 NA    0 / 30 分 marks",
        "= 2    20 / 30 分 marks",
        "= no\n",
    ):
        assert words in ran.stderr
