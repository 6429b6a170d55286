"""An academy with one bank and one scheme, brought by the command line alone to where a journey begins."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.cli.running import certengine, done
from tests.databases import copied_workspace

BANK, SCHEME, SITTING = "industrial-automation", "electrician-l3", "spring-2027"
ASSESSORS = ("chen-li", "li-qiang", "wang-min")
ADMINISTRATOR = "zhou-ying"
NAMES = ("张明远", "王芳菲", "李娜", "刘洋洋", "陈静怡", "杨勇进")

Rows = list[dict[str, str]]


def new_academy(root: Path) -> Path:
    """The sample academy with nothing but the bank and the scheme of these journeys."""
    done("init", root, "--sample", cwd=root.parent)
    for folder, kept in (("question_banks", BANK), ("rubrics", SCHEME)):
        for other in (root / folder).iterdir():
            if other.name != kept:
                shutil.rmtree(other)
    return root


def sealed_academy(root: Path, candidates: int, *, edit: Callable[[Path], object] = lambda _root: None) -> Path:
    """An academy with a sealed sitting, and invented answers and ratings for it in ``answers/``.

    Args:
        edit: what is changed in the workspace's files before the sitting is opened.
    """
    edit(new_academy(root))
    roster = "".join(f"2027-{n:03},{name}\n" for n, name in enumerate(NAMES[:candidates], 1))
    (root / "roster.csv").write_text(f"candidate_id,name\n{roster}", encoding="utf-8")
    done("bank", "publish", BANK, cwd=root)
    done("sitting", "open", SCHEME, "--candidates", "roster.csv", "--id", SITTING, cwd=root)
    done("sitting", "seal", SITTING, cwd=root)
    done("sitting", "simulate", SITTING, "-o", "answers", cwd=root)
    return root


def good_responses(root: Path) -> Rows:
    """The invented responses without the bad row they end with."""
    return read_rows(root / "answers" / "responses.csv")[:-1]


def right_responses(root: Path) -> Rows:
    """Everybody answers everything right, as the answer keys say."""
    rows = []
    for candidate in done("sitting", "show", SITTING, "--json", cwd=root).document["candidates"]:
        shown = done("paper", "show", candidate["paper"], "--key", "--json", cwd=root).document
        answers = {f"q{item['no']}": item["answer"] for item in shown["items"]}
        rows.append({"candidate_id": candidate["id"], "paper_id": candidate["paper"], **answers})
    return rows


def issue_everything(root: Path) -> None:
    """From a sealed academy to certificates in ``certificates/`` and what strangers need in ``trust/``."""
    write_rows(root / "right.csv", right_responses(root))
    done("grade", "written", SITTING, "right.csv", cwd=root)
    done("grade", "practical", SITTING, *sheets(), cwd=root)
    done("result", "decide", SITTING, "--as", "zhao-ting", cwd=root)
    done("result", "approve", SITTING, "--as", "sun-hao", cwd=root)
    write_passphrase(root)
    done("key", "new", "--passphrase-file", "passphrase", cwd=root)
    done("cert", "issue", SITTING, "--passphrase-file", "passphrase", cwd=root)
    done("key", "export", "-o", "trust", "--passphrase-file", "passphrase", cwd=root)


def sheets() -> list[str]:
    """The three assessors' invented sheets."""
    return [f"answers/ratings-{assessor}.csv" for assessor in ASSESSORS]


def write_passphrase(root: Path) -> None:
    """A passphrase only its owner may read."""
    (root / "passphrase").touch(mode=0o600)
    (root / "passphrase").write_text("correct horse battery staple\n", encoding="utf-8")


def copied(root: Path, target: Path) -> Path:
    """A copy of an academy nobody has open."""
    return copied_workspace(root, target)


def read_rows(path: Path) -> Rows:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def csv_text(rows: Iterable[dict[str, str]]) -> str:
    """Rows as CSV text."""
    listed = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(listed[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()


def write_rows(path: Path, rows: Iterable[dict[str, str]], encoding: str = "utf-8") -> Path:
    """A CSV file of rows."""
    path.write_bytes(csv_text(rows).encode(encoding))
    return path


def next_command(root: Path) -> str:
    """The command that ``status`` names as the next."""
    return certengine("status", cwd=root).hint.removeprefix("next: ").strip("`")


def outcome(root: Path, candidate: str) -> str:
    """What was decided on a candidate."""
    return str(done("result", "show", SITTING, candidate, "--json", cwd=root).document["outcome"])


def acts(root: Path) -> Sequence[str]:
    """Everything that was ever done, newest first."""
    return [act["action"] for act in done("log", "show", "--limit", "1000", "--json", cwd=root).document["acts"]]
