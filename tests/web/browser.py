"""A headless Chromium, as an employer's phone or desk has one. Its absence is a failure, never a skipped test."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

_NEEDED = "install Debian's packages `chromium` and `chromium-driver`, and `selenium` and `axe-playwright-python` from the lock"


class Browser:
    """One window; ``width`` in CSS pixels."""

    def __init__(self, *, width: int = 1200, script: bool = True, language: str = "en") -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = _program("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--lang={language}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        if not script:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))
        self.resize(width)

    def resize(self, width: int, height: int = 900) -> None:
        """Another width of the page, whatever the least width of a window is."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, address: str) -> None:
        """Go to an address, anew even if only its fragment differs, and wait until the answer is shown."""
        self.driver.get("about:blank")
        self.driver.get(address)
        self.settled()

    def settled(self) -> None:
        """Wait until the page has loaded and nothing is being checked."""
        self.wait(lambda: self.driver.execute_script("return document.readyState") == "complete")
        self.wait(lambda: self.driver.execute_script("return !document.documentElement.matches('.checking')"))

    def wait(self, condition: Callable[[], object], seconds: float = 15) -> None:
        """Wait for something to be so."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(lambda _driver: condition())

    def text(self, selector: str) -> str:
        """The text shown by the first element; empty when there is none."""
        found = self.all(selector)
        return str(found[0].text) if found else ""

    def all(self, selector: str) -> list[Any]:
        """The elements of a selector."""
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> Any:
        """The first element of a selector."""
        return self.driver.find_element("css selector", selector)

    def run(self, script: str, *arguments: object) -> Any:
        """The value of an asynchronous function's body."""
        wrapped = f"const done = arguments[arguments.length - 1]; (async (...given) => {{ {script} }})(...arguments)"
        return self.driver.execute_async_script(f"{wrapped}.then(done, (e) => done(String(e)))", *arguments)

    @contextmanager
    def before_pages(self, script: str) -> Iterator[None]:
        """Have a script run before those of the pages opened meanwhile."""
        made = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def sent(self) -> list[str]:
        """Every address that was asked for since the last time."""
        import json

        logged = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        events = [one["params"]["request"] for one in logged if one["method"] == "Network.requestWillBeSent"]
        # The browser keeps the fragment apart (`urlFragment`): what is sent is the address without it, and the body.
        return [one["url"] + one.get("postData", "") for one in events]

    def complaints(self) -> list[str]:
        """What the console got, such as a violated policy."""
        return [entry["message"] for entry in self.driver.get_log("browser") if "favicon" not in entry["message"]]

    def axe(self) -> list[str]:
        """What axe-core has to say against the page, by rule."""
        source = Path(str(find_spec("axe_playwright_python").submodule_search_locations[0])) / "axe.min.js"  # type: ignore[union-attr, index]  # absent: a failure that says so
        self.driver.execute_script(source.read_text("utf-8"))
        # What passed is not reported on: telling of it takes longer than looking.
        answer = "(await axe.run({ resultTypes: ['violations'] })).violations"
        found = self.run(f"return {answer}.map((one) => one.id + ': ' + one.nodes[0].html)")
        assert isinstance(found, list), found
        return found

    def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))

    def printed(self) -> bytes:
        """The page as it is printed, as a PDF."""
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None or find_spec("selenium") is None or find_spec("axe_playwright_python") is None:
        pytest.fail(f"the browser tests cannot run here: {_NEEDED}")
    return found
