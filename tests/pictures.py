"""The pictures of docs/pictures: papers and certificates of the sample sitting, and every state of the page (`script/pictures`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
from PIL import Image

from tests.web.browser import Browser
from tests.web.register import (
    ABSENT,
    EXPIRED,
    FUTURE,
    REVOKED,
    SPECIMEN_ONE,
    SUPERSEDED,
    SUSPENDED,
    UNREACHABLE,
    VALID,
)
from tests.web.serving import served
from tests.web.test_browser import changed, page, token

MARGIN = 24
GROUND = "#d5d8dd"
COLOURS = 256
"""A palette keeps a picture of text under about 300 KB; chosen by k-means, for what is red must stay red."""

Cut = tuple[Image.Image, ...]


def pages(pdf: Path, *numbers: int, width: int = 760) -> Cut:
    """Pages of a PDF, counted from 1, in a width in pixels."""
    with pypdfium2.PdfDocument(pdf) as document:
        return tuple(
            sheet.render(scale=width / sheet.get_width()).to_pil().convert("RGB")
            for sheet in (document[number - 1] for number in numbers)
        )


def beside(pictures: Sequence[Image.Image], *, per_row: int, height: int | None = None) -> Image.Image:
    """Pictures in rows on one ground, each cut off below ``height`` pixels."""
    shown = [one.crop((0, 0, one.width, min(one.height, height or one.height))) for one in pictures]
    rows = [shown[at : at + per_row] for at in range(0, len(shown), per_row)]
    width = max(sum(one.width + MARGIN for one in row) for row in rows) + MARGIN
    whole = Image.new("RGB", (width, sum(max(one.height for one in row) + MARGIN for row in rows) + MARGIN), GROUND)
    top = MARGIN
    for row in rows:
        left = MARGIN
        for one in row:
            whole.paste(one, (left, top))
            left += one.width + MARGIN
        top += max(one.height for one in row) + MARGIN
    return whole


def certengine(demo: Path, *words: str) -> None:
    """A command on the workspace of the demo, without what it says."""
    subprocess.run(
        [str(Path(sys.executable).with_name("certengine")), *words, "--quiet", "--workspace", str(demo / "workspace")],
        check=True,
        env={**os.environ, "CERTENGINE_ACTOR": "zhou-ying"},
    )


def printed(demo: Path, scratch: Path) -> Iterator[tuple[str, Image.Image]]:
    """What is on paper: a paper, its answer sheet, the same in large print, a scoring sheet, both designs."""
    paper = min((demo / "papers").glob("*-paper.pdf"))
    yield "paper", beside(pages(paper, 1, 2), per_row=2)
    yield "answer-sheet", beside(pages(Path(str(paper).replace("-paper", "-answer-sheet")), 1), per_row=1)
    candidate = "-".join(paper.name.split("-")[:2])
    certengine(demo, "paper", "print", "autumn-2026", "-o", str(scratch), "--candidate", candidate, "--large-print")
    yield "large-print", beside(pages(next(scratch.rglob("*-paper-large-print.pdf")), 1, 2), per_row=2)
    yield "scoring-sheet", beside(pages(min((demo / "scoring-sheets").glob("2026-*.pdf")), 1), per_row=1)
    for design in ("formal", "modern"):
        specimen = scratch / f"{design}.pdf"
        certengine(demo, "cert", "preview", "electrician-l3", "--template", design, "-o", str(specimen))
        yield f"certificate-{design}", beside(pages(specimen, 1), per_row=1)


def states(scratch: Path) -> Iterator[tuple[str, Image.Image]]:
    """Every state of the verification page, on a phone and at a desk, in both languages."""
    altered = changed(token(VALID), 150)
    others = (SUPERSEDED, REVOKED, SUSPENDED, EXPIRED, FUTURE, UNREACHABLE, ABSENT, SPECIMEN_ONE)
    with served() as (address, _):
        browser = Browser()
        for name, width, per_row, height in (("phone", 390, 6, 1000), ("desk", 1000, 4, 1000)):
            browser.resize(width)
            for lang in ("zh", "en"):
                opened = [
                    f"{address}/?lang={lang}",
                    page(address, VALID, lang=lang),
                    page(address, VALID, altered, lang=lang),
                ]
                opened += [f"{address}/c/{one.code}?lang={lang}" for one in others]
                shots = []
                for at, one in enumerate(opened):
                    browser.open(one)
                    browser.picture(scratch / f"{at}.png")
                    shots.append(Image.open(scratch / f"{at}.png").convert("RGB"))
                whole = beside(shots, per_row=per_row, height=height)
                yield (
                    f"page-{name}-{lang}",
                    whole.resize((1600, whole.height * 1600 // whole.width), Image.Resampling.LANCZOS),
                )
        browser.close()


def reports(demo: Path, scratch: Path) -> Iterator[tuple[str, Image.Image]]:
    """The first screen of both reports."""
    browser = Browser()
    browser.resize(1000)
    for name in ("item-analysis", "results"):
        browser.open((demo / "reports" / f"{name}.html").absolute().as_uri())
        browser.picture(scratch / f"{name}.png")
        yield name, beside([Image.open(scratch / f"{name}.png").convert("RGB")], per_row=1, height=1400)
    browser.close()


def main(demo: Path, to: Path) -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for made in (printed(demo, scratch), states(scratch), reports(demo, scratch)):
            for name, picture in made:
                picture.quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(to / f"{name}.png", optimize=True)
                sys.stdout.write(f"{to / name}.png\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
