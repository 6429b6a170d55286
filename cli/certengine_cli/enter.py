"""``certengine grade enter``: one assessor at the bench, one hand in a glove, digits and Enter.

Questions go to standard error, answers come from standard input line by line, so a pipe can hold the pen as well. Every
entry is stored before the next question is asked: whatever ends the program, the same command goes on where it stopped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from certengine.errors import CertengineError, plural
from certengine.model.text import Text
from certengine_cli import terminal
from certengine_cli.bench import shown
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.model.bench import ConflictKind
    from certengine.services.bench import Bench, BenchRow, BenchSheet

_WIDTH = 64
#: Besides digits and the point a keypad has these; letters and words do as well.
_NOT_ATTEMPTED = frozenset({"-", "na", "n/a", "未做"})
_UNDO = frozenset({"*", "u", "undo", "撤销"})
_LATER = frozenset({"/", "", "later", "跳过"})
_REVIEW = frozenset({"+", "r", "review", "检查"})
_STOP = frozenset({"q", "quit", "exit", "退出"})
_KEYS = "-  未做 not attempted    *  撤销 undo    /  稍后 later    +  检查签名 review, sign    q  停 stop"
_DECLARE = (
    "  其中有您的亲属或学员吗？输入序号；没有或已申报完输入 0",
    "  Any relative or own trainee of yours? The number; 0 for none, or no more",
)
_CHOOSING = (
    "",
    "  输入序号；回车为下一名未签名的考生；0 结束",
    "  The number; Enter for the next unsigned; 0 to finish",
)
_REVIEWING = (
    "  输入行号修改；+ 签名；/ 填写空行；0 返回考生列表",
    "  Row number to change; + to sign; / for blank rows; 0 for the candidates",
)
_CHANGING = (
    "",
    "  已签名，更正须说明理由；旧值划线保留",
    "  Signed: a change needs a reason; the old entry is struck through and kept",
)
_KINDS = (("1", "relative", "亲属 relative"), ("2", "trainee", "本人学员 own trainee"), ("3", "other", "其他 other"))
_SURE = [("1", "就是这个值 it is so"), ("0", "重新输入 enter it again")]
_REASONS = {"1": "读数有误 misread", "2": "录入有误 mistyped", "3": "复议后重评 judged anew after discussion"}


class _Stop(Exception):
    """The assessor stops, or there is no more input."""


def enter(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting.")],
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="ID", help="Whose sheet; else the one that was begun.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Enter your own ratings at the bench: digits and Enter, undo, review, sign. Every entry is stored at once.

    certengine grade enter spring-2027 --as chen-li
    """
    from certengine.services.bench import open_bench

    with opened(workspace, db, actor) as context:
        bench = open_bench(context, sitting)
        form = Form(bench)
        if candidate is not None:
            for task in bench.desk.tasks.get(candidate, ("",)):
                bench.sheet(candidate, task)  # says why not
        try:
            form.run(candidate)
        except _Stop:
            form.tell("")
        sheets = bench.sheets()
    signed = sum(sheet.signed for sheet in sheets)
    begun = sum(not sheet.signed and len(sheet.blank) < len(sheet.rows) for sheet in sheets)
    document = {
        "sitting": sitting,
        "assessor": bench.context.actor,
        "sheets": len(sheets),
        "signed": signed,
        "begun": begun,
    }
    summary = f"signed {signed} of {plural(len(sheets), 'sheet')}, begun and not signed {begun}"
    terminal.answer("enter", document, [summary])
    if signed < len(sheets):
        terminal.hint(f"every entry is kept; go on with: `certengine grade enter {sitting}`")


class Form:
    """The dialogue: declare, choose a candidate, row by row, review, sign."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.bold = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        self.made: list[str] = []

    def run(self, candidate: str | None) -> None:
        """Until everything is signed or the assessor stops."""
        if not self.bench.declared:
            self._declare()
        sheet = self._first(candidate)
        while sheet is not None:
            self.made = []
            self._fill(sheet)
            sheet = self._next()

    def tell(self, *lines: str, strong: bool = False) -> None:
        """Lines for the assessor, on standard error."""
        for line in lines:
            sys.stderr.write(f"\033[1m{line}\033[0m\n" if strong and self.bold and line else f"{line}\n")
        sys.stderr.flush()

    def ask(self, prompt: str) -> str:
        """One line of input.

        Raises:
            _Stop: at the end of the input, or when the assessor stops.
        """
        mark = f"\033[1m{prompt} ▶ \033[0m" if self.bold else f"{prompt} ▶ "
        sys.stderr.write(mark)
        sys.stderr.flush()
        line = terminal.read_line()
        if not line or line.strip().casefold() in _STOP:
            raise _Stop
        return line.strip()

    def _declare(self) -> None:
        """Relatives and own trainees among the candidates, before anything is entered."""
        from certengine.model.bench import ConflictKind

        sheets = self.bench.sheets()
        self._head("回避申报  Conflicts of interest")
        self.tell(*(f"  {number:>3}  {self._who(sheet)}" for number, sheet in enumerate(sheets, 1)), "")
        self.tell(*_DECLARE)
        found: dict[str, ConflictKind] = {}
        while (answer := self.ask("  0")) != "0":
            if not answer.isdecimal() or not 1 <= int(answer) <= len(sheets):
                self._refuse(f"0 – {len(sheets)}")
                continue
            kinds = {number: ConflictKind(kind) for number, kind, _ in _KINDS}
            kind = self._choice([(number, said) for number, _, said in _KINDS])
            found[sheets[int(answer) - 1].candidate.id] = kinds[kind]
        self.bench.declare(found)

    def _first(self, candidate: str | None) -> BenchSheet | None:
        """The sheet named, or the one that was begun, or one chosen from the list."""
        sheets = self.bench.sheets()
        named = [sheet for sheet in sheets if sheet.candidate.id == candidate]
        begun = [sheet for sheet in sheets if 0 < len(sheet.blank) < len(sheet.rows)]
        return next(iter(named or begun), None) or self._next()

    def _next(self) -> BenchSheet | None:
        """The next from the list, while some are not signed."""
        sheets = self.bench.sheets()
        if all(sheet.signed for sheet in sheets):
            self.tell("", "  全部已签名  Everything is signed", strong=True)
            return None
        return self._from_list(sheets)

    def _from_list(self, sheets: tuple[BenchSheet, ...]) -> BenchSheet | None:
        self._head("考生  Candidates")
        for number, sheet in enumerate(sheets, 1):
            done = len(sheet.rows) - len(sheet.blank)
            state = "已签名 signed" if sheet.signed else f"{done}/{len(sheet.rows)}"
            self.tell(f"  {number:>3}  {self._who(sheet)}  {state}")
        self.tell(*_CHOOSING)
        while True:
            answer = self.ask("  #")
            if answer == "0":
                return None
            if not answer:
                return next(sheet for sheet in sheets if not sheet.signed)
            if answer.isdecimal() and 1 <= int(answer) <= len(sheets):
                return sheets[int(answer) - 1]
            self._refuse(f"0 – {len(sheets)}")

    def _fill(self, sheet: BenchSheet) -> None:
        """Every row without an entry, then the review."""
        key = (sheet.candidate.id, sheet.task.id)
        passed: set[str] = set()
        while True:
            sheet = self.bench.sheet(*key)
            row = next((row for row in sheet.rows if not row.entered and row.aspect.id not in passed), None)
            if row is None:
                if not self._review(sheet):
                    return
                passed = set()
                continue
            match self._row(sheet, row):
                case "later":
                    passed.add(row.aspect.id)
                case "review" if not self._review(sheet):
                    return

    def _row(self, sheet: BenchSheet, row: BenchRow, reason: str | None = None) -> str:
        """Ask for one row until it has an entry, or is left: ``entered``, ``later``, ``review``, ``undone``."""
        self._question(sheet, row)
        while True:
            given = self._points(row) if row.asked.points else self.ask(f"  {row.aspect.id}")
            word = given.casefold()
            if word in _UNDO:
                self._undo(sheet, row)
                return "undone"
            if word in _LATER:
                return "later"
            if word in _REVIEW:
                return "review"
            raw = None if word in _NOT_ATTEMPTED else given
            place = (sheet.candidate.id, sheet.task.id, row.aspect.id)
            try:
                if not self._sure(self.bench.doubt(*place, raw, reason), row, given):
                    continue
                self.bench.enter(*place, raw, reason)
            except CertengineError as error:
                self._refuse(error.message)
                continue
            self.made.append(row.aspect.id)
            now = next(
                one
                for one in self.bench.sheet(sheet.candidate.id, sheet.task.id).rows
                if one.aspect.id == row.aspect.id
            )
            self.tell(f"  = {_value(now)}{_earned(now)}", strong=True)
            return "entered"

    def _sure(self, doubt: Text | None, row: BenchRow, given: str) -> bool:
        """Whether an entry that is hard to believe is meant; it is not stored before that is said."""
        if doubt is None:
            return True
        self.tell(f"  ? {row.aspect.id}  {given}", strong=True)
        self.tell(*_both(doubt))
        return self._choice(_SURE) == "1"

    def _question(self, sheet: BenchSheet, row: BenchRow) -> None:
        from certengine.aspects import kind_of

        place = next(n for n, one in enumerate(sheet.rows, 1) if one.aspect.id == row.aspect.id)
        self._head(f"{self._who(sheet)}    {place} / {len(sheet.rows)}")
        self.tell(*_both(row.aspect.title), strong=True)
        if row.aspect.requirement is not None:
            self.tell(*_both(row.aspect.requirement))
        if not row.asked.choices and not row.asked.points:
            self.tell(*_both(kind_of(row.aspect.kind).describe(row.aspect)))
        self.tell("")
        for choice in row.asked.choices:
            self.tell(f"    {choice.entry}   {_joined(choice.said)}")
        unit = f"  [{row.asked.unit}]" if row.asked.unit else ""
        if not row.asked.choices and not row.asked.points:
            self.tell(f"    {_joined(row.asked.what)}{unit}")
        self.tell("", f"  {_KEYS}")

    def _points(self, row: BenchRow) -> str:
        """A checklist point by point: the letters of those done, or a word that leaves the row."""
        from certengine.aspects.checklist import LETTERS

        done: list[bool] = []
        while len(done) < len(row.asked.points):
            number = len(done)
            self.tell(
                f"    {LETTERS[number]}   {_joined(row.asked.points[number])}    1 已完成 done   0 未完成 not done"
            )
            given = self.ask(f"  {row.aspect.id} {LETTERS[number]}")
            word = given.casefold()
            if given in {"0", "1"}:
                done.append(given == "1")
            elif word in _UNDO and done:
                done.pop()
            elif word in _UNDO | _LATER | _REVIEW | _NOT_ATTEMPTED:
                return given
            else:
                self._refuse("1 / 0")
        return "".join(letter for letter, one in zip(LETTERS, done, strict=False) if one) or "none"

    def _undo(self, sheet: BenchSheet, row: BenchRow) -> None:
        """Take back the entry made last: of this run, or else of the row above."""
        above = [one.aspect.id for one in sheet.rows if one.entered and not one.signed]
        last = self.made.pop() if self.made else above[-1] if above else None
        if last is None or not self.bench.strike(sheet.candidate.id, sheet.task.id, last):
            self._refuse(f"{row.aspect.id}: 无可撤销 nothing to undo")
            return
        self.tell(f"  ↩ {last}", strong=True)

    def _review(self, sheet: BenchSheet) -> bool:
        """All rows of a sheet, to be changed or signed; whether rows are still to be asked for."""
        key = (sheet.candidate.id, sheet.task.id)
        while True:
            sheet = self.bench.sheet(*key)
            self._head(f"检查  Review    {self._who(sheet)}")
            for number, row in enumerate(sheet.rows, 1):
                self.tell(f"  {number:>3}  {row.aspect.id:<10} {_value(row):<16} {row.aspect.title.best('zh')}")
            signed = " 已签名 signed" if sheet.signed else ""
            blank = f"  空 {len(sheet.blank)} 行 blank: {', '.join(sheet.blank)}" if sheet.blank else ""
            self.tell("", f"{blank}{signed}".rstrip())
            self.tell(*_REVIEWING)
            answer = self.ask("  #")
            if answer == "0":
                return False
            if answer in _REVIEW:
                if self._sign(sheet):
                    return False
            elif answer in _LATER:
                return True
            elif answer.isdecimal() and 1 <= int(answer) <= len(sheet.rows):
                self._change(sheet, sheet.rows[int(answer) - 1])
            else:
                self._refuse(f"0 – {len(sheet.rows)}, +")

    def _change(self, sheet: BenchSheet, row: BenchRow) -> None:
        reason = None
        stood = (sheet.candidate.id, sheet.task.id, row.aspect.id, self.bench.context.actor)
        if stood in self.bench.desk.latest:
            self.tell(*_CHANGING)
            choice = self._choice([*_REASONS.items(), ("4", "其他 other")])
            reason = _REASONS.get(choice) or self.ask("  理由 reason")
        self._row(sheet, row, reason)

    def _sign(self, sheet: BenchSheet) -> bool:
        if sheet.blank:  # the service refuses it as well; here with the keys to press
            self._refuse("有空行，不能签名：按 / 填写，未做的输入 -")
            self.tell("    Not signed while rows are blank: / to enter them, - for not attempted")
            return False
        self.tell("", f"  {self._who(sheet)}: {len(sheet.rows)} 项 entries", strong=True)
        self.tell("  签名后更改须说明理由  After signing, a change needs a reason")
        if self._choice([("1", "签名 sign"), ("0", "返回 back")]) != "1":
            return False
        try:
            self.bench.sign(sheet.candidate.id, sheet.task.id)
        except CertengineError as error:
            self._refuse(error.message)
            return False
        self.tell("  已签名  Signed", strong=True)
        return True

    def _choice(self, offered: list[tuple[str, str]]) -> str:
        self.tell(*(f"    {number}   {said}" for number, said in offered))
        while (answer := self.ask("  #")) not in dict(offered):
            self._refuse(" / ".join(dict(offered)))
        return answer

    def _head(self, title: str) -> None:
        self.tell("", "━" * _WIDTH)
        self.tell(f"  {title}", strong=True)
        self.tell("━" * _WIDTH)

    def _refuse(self, why: str) -> None:
        self.tell(f"  ✗ {why}", strong=True)

    def _who(self, sheet: BenchSheet) -> str:
        extra = f" (+{sheet.extra})" if sheet.extra else ""
        seat = f"  工位 {sheet.candidate.seat}" if sheet.candidate.seat else ""
        return f"{sheet.candidate.id}  {sheet.candidate.name}{seat}  {sheet.task.id}  {sheet.minutes} min{extra}"


def _both(text: Text) -> Iterator[str]:
    return (f"  {line}" for _, line in sorted(text.by_language, reverse=True))


def _joined(text: Text) -> str:
    return "  ".join(line for _, line in sorted(text.by_language, reverse=True))


def _earned(row: BenchRow) -> str:
    """What the own entry earns, where it has marks: the rule works it out, nobody in the head."""
    from certengine.aspects.kind import marks_text

    return "" if row.earned is None else f"    {marks_text(row.earned)} / {marks_text(row.aspect.marks)} 分 marks"


def _value(row: BenchRow) -> str:
    """What a row says, as the assessor reads it back."""
    if not row.entered:
        return "……"
    if row.value is None:
        return "未做 NA"
    unit = f" {row.asked.unit}" if row.asked.unit else ""
    return f"{shown(row.value)}{unit}"
