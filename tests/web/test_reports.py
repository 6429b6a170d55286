"""The reports of a sitting in a real browser: nothing that axe-core has against them, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.test_report import assessor_page, item_page, results_page
from tests.web.browser import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page of a small sitting: items with all their curves, results, an assessor's own."""
    folder = tmp_path_factory.mktemp("reports")
    for name, page in (
        ("items", item_page(120, ("A",))),
        ("items-apart", item_page()),
        ("results", results_page()),
        ("assessor", assessor_page()),
    ):
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    window = Browser()
    window.driver.set_script_timeout(100)  # the rules look at every mark of every curve
    yield window
    window.close()


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (400, True)], ids=["desk, light", "phone, dark"])
def test_axe_finds_nothing(browser: Browser, reports: Path, width: int, dark: bool) -> None:
    """With everything unfolded, in the light and in the dark; nothing reaches beyond the page's width either."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.resize(width)
    found = {}
    for page in sorted(reports.glob("*.html")):
        browser.open(page.as_uri())
        browser.driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        wide = browser.driver.execute_script("return document.documentElement.scrollWidth") > width
        if complaints := browser.axe() + ["too wide"] * wide:
            found[page.name] = complaints

    assert found == {}
