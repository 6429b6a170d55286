"""The reports of a sitting in a real browser: nothing that axe-core has against them, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from certengine.services.analysis import analyse_sitting
from certengine.services.grading import grade_written
from certengine.services.rating import grade_practical
from certengine.services.results import decide_sitting
from certengine.services.simulation import simulate_sitting
from tests.services.sealed_world import SITTING, make_sealed, opened
from tests.web.browser import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page of a simulated sitting: items, results, an assessor's own."""
    root = make_sealed(tmp_path_factory.mktemp("sealed") / "ws")
    with opened(root) as context:
        files = simulate_sitting(context, SITTING, tmp_path_factory.mktemp("files"), share_absent=Fraction(1, 4))
        assert files.responses is not None
        grade_written(context, SITTING, [files.responses])
        grade_practical(context, SITTING, files.ratings)
    target = tmp_path_factory.mktemp("reports")
    with opened(root, "zhao-ting") as context:
        decide_sitting(context, SITTING)
        analyse_sitting(context, SITTING, target)
    return target


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    window = Browser()
    window.driver.set_script_timeout(240)  # the rules look at every cell of every item's table
    yield window
    window.close()


@pytest.mark.parametrize("width", [1200, 400], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(browser: Browser, reports: Path, width: int, dark: bool) -> None:
    """With everything unfolded, in the light and in the dark; nothing reaches beyond the page's width either."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.resize(width)
    pages = sorted(reports.rglob("*.html"))
    found = {}
    for page in pages:
        browser.open(page.as_uri())
        browser.driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        wide = browser.driver.execute_script("return document.documentElement.scrollWidth") > width
        if complaints := browser.axe() + ["too wide"] * wide:
            found[page.name] = complaints

    assert {"item-analysis.html", "results.html"} < {page.name for page in pages}
    assert found == {}
