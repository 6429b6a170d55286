"""Reading a request: which language, which form of answer, and what was handed in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from certengine.web.pages import Asked
from certengine.web.words import LANGUAGES

FILE_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/webp")

_TEXT_LIMIT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A file or a text; never both, the file first."""

    file: bytes | None = None
    text: str | None = None


def asked(request: Request, text: str | None = None) -> Asked:
    """How a page is asked for; a posted page without a text to repeat switches language at the first page."""
    path = request.url.path if request.method in {"GET", "HEAD"} or text is not None else "/"
    return Asked(lang=language(request), path=path, text=text)


def language(request: Request) -> str:
    """The language of ``?lang=``, else the first of ``Accept-Language`` that there is, else Chinese."""
    wanted = request.query_params.get("lang")
    if wanted in LANGUAGES:
        return wanted
    return next((tag for tag in _preferred(request.headers.get("accept-language", "")) if tag in LANGUAGES), "zh")


def wants_json(request: Request) -> bool:
    """Whether JSON is asked for rather than a page."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return "application/json" in accepted and "text/html" not in accepted


async def handed_in(request: Request) -> HandedIn:
    """The file or text of a posted request: a form, a bare PDF or picture, or a bare text.

    Raises:
        HTTPException: 400 when there is neither, 413 when the text is longer than any QR code.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in FILE_TYPES:
        found = HandedIn(file=await request.body())
    elif kind == "text/plain":
        found = HandedIn(text=(await request.body()).decode("utf-8", "replace").strip())
    elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        found = await _from_form(request)
    else:
        raise HTTPException(400)
    if not found.file and not found.text:
        raise HTTPException(400)
    if found.text is not None and len(found.text) > _TEXT_LIMIT:
        raise HTTPException(413)
    return found


async def fields_of_form(request: Request) -> dict[str, str]:
    """The texts of a posted form."""
    async with request.form(max_files=0, max_fields=4, max_part_size=4 * _TEXT_LIMIT) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


async def _from_form(request: Request) -> HandedIn:
    async with request.form(max_files=1, max_fields=4, max_part_size=4 * _TEXT_LIMIT) as form:
        file = form.get("file")
        if isinstance(file, UploadFile) and file.size:
            return HandedIn(file=await file.read())
        text = form.get("text")
        return HandedIn(text=text.strip() if isinstance(text, str) else None)


def _preferred(header: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((-weight, tag.lower().partition("-")[0]))
    return [tag for _, tag in sorted(weighted, key=lambda pair: pair[0])]
