"""A folder of document templates (HTML and CSS), opened so that a template can only write text.

Invariants:

1. Escaping is always on: ``|safe`` does not exist, ``{% autoescape %}`` is a syntax error, and only names with the
   suffix ``.html`` are templates. What a bank, a roster or a response says is a value, never a template.
2. A template reads files of its own folder only, or those it lacks of one other folder that was named with it; a name or
   a link that leaves them is not found.
3. A value a template asks for and was not given is an error at that line, never an empty place on a page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from certengine.canonical import decimal_text
from certengine.documents.bounded import Unbounded, bounded
from certengine.documents.rich_text import holder, shown_figures, shown_lines
from certengine.documents.text_lines import text_lines
from certengine.errors import Finding, InputError, NotFound, place_in
from certengine.model.text import Text

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_KINDS = frozenset({".html", ".css"})
_TEMPLATE_FAULTS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OverflowError,
    TypeError,
    ValueError,
    Unbounded,
)


class TemplateFolder:
    """One design: a folder with ``*.html`` templates and ``*.css`` style sheets.

    Filters for templates: ``text|in("zh")`` (the text in a language, else in one it has), ``text|lines(languages)``
    (pairs of tag and text, of those languages it has), ``mark|decimal``, ``day|date("zh")``. For texts of a bank, which
    may hold markup: ``text|shown(languages)`` (as ``lines``, as HTML), ``line|holder`` (the element that HTML may stand
    in), ``figures|figures(languages)``.
    """

    def __init__(self, path: Path, otherwise: Path | None = None) -> None:
        """Open a folder; files it lacks are those of ``otherwise``: a design copied long ago lacks what was added since.

        Raises:
            NotFound: when there is no such folder.
        """
        if not path.is_dir():
            raise NotFound(
                f"there is no template folder `{path}`",
                code="documents/no-template-folder",
            )
        self.path = path
        self.otherwise = otherwise
        self._found: set[str] = set()
        self._environment = _Environment(
            loader=_FolderLoader(self._read),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=50,
        )
        self._environment.filters.update(FILTERS)
        for name in (
            "safe",
            "pprint",
            "random",
        ):  # the first unescapes, the others are not reproducible
            del self._environment.filters[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The files a template name may be, sorted."""
        return tuple(
            sorted({file.name for folder in self._folders for file in folder.iterdir() if file.suffix in _KINDS})
        )

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.path,) if self.otherwise is None else (self.path, self.otherwise)

    def render(self, name: str, **values: object) -> str:
        """The HTML of a template with these values, all escaped.

        Raises:
            NotFound: when the folder has no such template.
            InputError: when the template itself is wrong, with its file and line.
        """
        if name not in self._found:
            self._read(name)  # so that a missing template is told from a missing include
            self._found.add(name)
        try:
            with bounded():
                return self._environment.get_template(name).render(values)
        except _TEMPLATE_FAULTS as error:
            self._raise_for(name, error)

    def css(self, name: str) -> str:
        """The text of a style sheet of the folder.

        Raises:
            NotFound: when the folder has no such style sheet.
        """
        return self._read(name)

    def _read(self, name: str) -> str:
        file = next(filter(None, (_file_in(folder, name) for folder in self._folders)), None)
        if file is None:
            raise NotFound(
                f"the template folder `{self.path}` has no `{name}`",
                hint=f"it has: {', '.join(self.names) or 'nothing'}",
                code="documents/no-template",
            )
        return file.read_text(encoding="utf-8")

    def _raise_for(self, name: str, error: Exception) -> NoReturn:
        line: int | None
        if isinstance(error, TemplateSyntaxError):
            where, line = error.name or name, error.lineno
        else:
            where, line = _template_line(error.__traceback__, name)
        message = error.message if isinstance(error, TemplateError) and error.message else str(error)
        finding = Finding(
            code="documents/template",
            message=" ".join(str(message).split()),
            place=place_in(
                next(filter(None, (_file_in(one, where) for one in self._folders)), self.path / where), line
            ),
        )
        raise InputError(
            f"the template `{where}` cannot be used",
            findings=(finding,),
            code="documents/template",
        ) from error


def _file_in(folder: Path, name: str) -> Path | None:
    file = (folder / name).resolve()
    inside = file.is_relative_to(folder.resolve()) and file.suffix in _KINDS
    return file if inside and file.is_file() else None


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which escaping cannot be switched off."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        switch = tree.find(nodes.EvalContextModifier)
        if switch is not None:
            raise TemplateSyntaxError(
                "escaping cannot be switched in a template",
                switch.lineno,
                name,
                filename,
            )
        return tree


class _FolderLoader(BaseLoader):
    """Loads by the folder's own reader, so that includes obey the same rule."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, None]:
        try:
            return self._read(template), template, None
        except NotFound as error:
            raise TemplateNotFound(template, f"{error.message} ({error.hint})") from error


def text_in(text: Text, language: str) -> str:
    """The text in a language, else in the first language it has."""
    return text.best(language)


def decimal_shown(value: Decimal) -> str:
    """A decimal without trailing zeros."""
    return decimal_text(value)


def date_shown(day: date, language: str) -> str:
    """A date written out: ``2026年11月22日`` in Chinese, ``22 November 2026`` in any other language."""
    if language.partition("-")[0] == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


FILTERS: dict[str, Callable[..., Any]] = {
    "in": text_in,
    "lines": text_lines,
    "shown": shown_lines,
    "holder": holder,
    "figures": shown_figures,
    "decimal": decimal_shown,
    "date": date_shown,
}


def _template_line(trace: TracebackType | None, name: str) -> tuple[str, int | None]:
    """The innermost template line of a traceback: Jinja2 puts the template's own name and lines there."""
    for frame in reversed(extract_tb(trace)):
        if frame.filename.endswith(".html"):
            return frame.filename, frame.lineno
    return name, None
