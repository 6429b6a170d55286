"""The fairness report of a sitting: one page that stands alone, and the same as data."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.errors import Refused, UsageError
from certengine.services.fairness import report_fairness
from certengine.services.sittings import open_sitting, seal_sitting
from tests.services.small_world import CANDIDATES, SCHEME, SITTING, acting, papers, rows_of

At = Callable[[str], Path]


def test_page_and_data_say_the_same(at: At, tmp_path: Path) -> None:
    """Six papers, each conforming, fifteen pairs; only the owner may read the files, and nothing is written elsewhere."""
    with acting(at("sealed")) as context:
        before = rows_of(context)
        page, data = report_fairness(context, SITTING, tmp_path / "fairness.html")
        drawn = papers(context)
        assert rows_of(context) == before
    (component,) = json.loads(data.read_text("utf-8"))["components"]
    text = page.read_text("utf-8")

    assert (6, 6, True, 15) == (
        component["papers"],
        component["different"],
        component["conforms"],
        sum(component["overlap"].values()),
    )
    assert sum(component["exposure"].values()) == sum(len(paper.items) for paper in drawn)
    assert "全部试卷符合命题蓝图" in text
    assert "every paper conforms" in text
    assert [0o600, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in (page, data)]


def test_page_stands_alone_and_names_nobody(at: At, tmp_path: Path) -> None:
    """No script, no address of anything else, no candidate."""
    with acting(at("sealed")) as context:
        page, _ = report_fairness(context, SITTING, tmp_path / "fairness.html")
    text = page.read_text("utf-8")

    assert not [
        word for word in ("<script", "http://", "https://", "陈晓", *(f">{one}<" for one in CANDIDATES)) if word in text
    ]


def test_forms_are_shown_side_by_side(at: At, tmp_path: Path) -> None:
    """With one form for all there is one row, and no pair to compare."""
    root = at("opened")
    scheme = root / "rubrics" / SCHEME / "scheme.yaml"
    scheme.write_text(scheme.read_text("utf-8").replace("minutes: 30\n", "minutes: 30\n    forms: one\n"), "utf-8")
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id="one")
        seal_sitting(context, "one")
        page, data = report_fairness(context, "one", tmp_path / "fairness.html")

    (component,) = json.loads(data.read_text("utf-8"))["components"]
    assert [("A", 6)] == [(one["form"], one["candidates"]) for one in component["papers_by_form"]]
    assert "各套试卷" in page.read_text("utf-8")


def test_nothing_to_report_before_the_draw(at: At, tmp_path: Path) -> None:
    """A sitting that is not sealed has no papers; a report that is no page is not written."""
    with acting(at("opened")) as context:
        with pytest.raises(Refused):
            report_fairness(context, SITTING, tmp_path / "fairness.html")
        with pytest.raises(UsageError, match="not the name of a page"):
            report_fairness(context, SITTING, tmp_path / "fairness.pdf")
