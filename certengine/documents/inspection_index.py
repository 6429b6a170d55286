"""The index of an inspection archive: which file answers which clause of ISO/IEC 17024:2012, in Chinese and English.

One page without script, style sheet or network, that opens from within the unpacked archive. Texts from the register are
escaped; names of files are our own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape

from certengine.model.text import Text

#: Clause, what it asks in our own words, and the files that answer it (a folder stands for all in it).
CLAUSES: tuple[tuple[str, Text, tuple[str, ...]], ...] = (
    (
        "4.3, 5.2",
        Text.of(
            zh="公正性：谁培训、考评、决定；回避声明",
            en="Impartiality: who trained, assessed, decided; declared conflicts",
        ),
        ("people.json", "exceptions/declarations.json", "exceptions/exceptions.json"),
    ),
    (
        "6.2",
        Text.of(zh="考评人员及其评分", en="Examiners and what they gave"),
        ("people.json", "scores/ratings.json", "scores/marks.json", "scores/signatures.json"),
    ),
    (
        "7.1",
        Text.of(zh="记录：谁在何时做了什么；日志核查", en="Records: who did what and when; the check of the log"),
        ("trail/", "exceptions/erasures.json"),
    ),
    (
        "7.4",
        Text.of(zh="安全：抽题承诺与公布", en="Security: the draw, committed to and revealed"),
        ("draw/", "sitting/events.json"),
    ),
    ("8", Text.of(zh="认证方案", en="The certification scheme"), ("scheme.json",)),
    (
        "9.1, 9.2",
        Text.of(zh="申请与受理：考生名册、特殊安排", en="Application: the roster, and what was arranged otherwise"),
        ("sitting/candidates.json", "exceptions/exceptions.json"),
    ),
    (
        "9.3",
        Text.of(zh="考试过程：试卷可比性、作答、评分", en="Examination: papers and how alike they are, answers, marks"),
        (
            "draw/fairness.html",
            "draw/papers.json",
            "scores/",
            "exceptions/set-aside.json",
            "exceptions/key-corrections.json",
        ),
    ),
    (
        "9.4",
        Text.of(zh="认证决定与证书", en="Decisions, approvals and certificates"),
        ("decisions/", "scores/results.csv", "certificates/"),
    ),
    (
        "9.5",
        Text.of(zh="暂停、撤销", en="Suspension and withdrawal"),
        ("certificates/events.json",),
    ),
    (
        "9.8, 9.9",
        Text.of(zh="申诉与投诉", en="Appeals and complaints"),
        ("exceptions/appeals.json", "exceptions/settlements.json"),
    ),
)

_STYLE = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}"
_CELLS = "td,th{border:1px solid #777;padding:.4rem;text-align:left;vertical-align:top}"


def index_page(sitting: str, title: Text, made_at: str, files: Collection[str], missing: Mapping[str, str]) -> str:
    """The page.

    Args:
        missing: what could not be put in, with the reason.
    """
    rows = "".join(
        f'<tr><th scope="row">{escape(clause)}</th><td>{escape(text.best("zh"))}<br>{escape(text.best("en"))}</td>'
        f"<td>{_links(_within(named, files))}</td></tr>"
        for clause, text, named in CLAUSES
    )
    others = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in sorted(missing.items()))
    lacking = f"<h2>未包含 Not in it</h2><ul>{others}</ul>" if missing else ""
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">'
        f"<title>{escape(sitting)}</title><style>{_STYLE}{_CELLS}</style></head><body>"
        f"<h1>检查档案 Inspection archive: {escape(sitting)}</h1>"
        f"<p>{escape(title.best('zh'))}<br>{escape(title.best('en'))}</p><p>{escape(made_at)}</p>"
        "<p>含个人信息与成绩，请妥善保管。 It holds names and scores: keep it accordingly.</p>"
        '<table><thead><tr><th scope="col">ISO/IEC 17024:2012</th><th scope="col">内容 What</th>'
        f'<th scope="col">文件 Files</th></tr></thead><tbody>{rows}</tbody></table>{lacking}</body></html>\n'
    )


def _within(named: tuple[str, ...], files: Collection[str]) -> list[str]:
    """The files meant; of proofs of single certificates only that they are there."""
    found = [
        name
        for name in sorted(files)
        if any(name == one or (one.endswith("/") and name.startswith(one)) for one in named)
    ]
    return [name for name in found if not name.endswith(".tlog-proof")]


def _links(names: list[str]) -> str:
    return "<br>".join(f'<a href="{escape(name, quote=True)}">{escape(name)}</a>' for name in names) or "-"
