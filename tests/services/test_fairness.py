"""The fairness report of a sitting: one page that stands alone, and the same as data."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.errors import Refused, UsageError
from certengine.services.banks import publish_bank
from certengine.services.fairness import report_fairness
from certengine.services.sittings import open_sitting, seal_sitting
from tests.services.small_world import BANK, CANDIDATES, SCHEME, SITTING, acting, papers, rows_of

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


def test_information_at_the_cut_is_shown_form_by_form(at: At, tmp_path: Path) -> None:
    """Calibrated items and a cut on their scale: how much each form tells there, and the standard error, on the page too."""
    root = at("workspace")
    for path in (root / "question_banks" / BANK / "items").glob("*.yaml"):
        placed = "author: chen\n    calibration: {discrimination: 1.2, location: 0.5}\n"
        path.write_text(path.read_text("utf-8").replace("author: chen\n", placed), "utf-8")
    scheme = root / "rubrics" / SCHEME / "scheme.yaml"
    new = "minutes: 30\n    forms: one\n    cut_ability: 0.5\n"
    scheme.write_text(scheme.read_text("utf-8").replace("minutes: 30\n", new), "utf-8")
    with acting(root) as context:
        publish_bank(context, BANK, reason="calibrated")
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id="one")
        seal_sitting(context, "one")
        page, data = report_fairness(context, "one", tmp_path / "fairness.html")

    (form,) = json.loads(data.read_text("utf-8"))["components"][0]["papers_by_form"]
    assert ("1.800000", "0.745356") == (form["information"], form["standard_error"])  # five items of 1.2² / 4
    assert "合格线处信息量" in page.read_text("utf-8")


def test_nothing_to_report_before_the_draw(at: At, tmp_path: Path) -> None:
    """A sitting that is not sealed has no papers; a report that is no page is not written."""
    with acting(at("opened")) as context:
        with pytest.raises(Refused):
            report_fairness(context, SITTING, tmp_path / "fairness.html")
        with pytest.raises(UsageError, match="not the name of a page"):
            report_fairness(context, SITTING, tmp_path / "fairness.pdf")
