"""Every code that the program can put in brackets behind a message, gathered from its source.

A code is written whole (``"bank/empty"``), with a prefix of its file format (``find("blank", ...)`` of ratings is
``ratings/blank``), or is put together from a part that varies; the last kind is spelled out below from what varies.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from certengine import errors
from certengine.model.sitting import ResponseState
from certengine.store.certificates import CertificateState

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (*(ROOT / "certengine").rglob("*.py"), *(ROOT / "cli" / "certengine_cli").glob("*.py"))

_WHOLE = re.compile(r"[a-z]+/[a-z][a-z0-9-]*[a-z0-9]")
_BARE = re.compile(r"[a-z][a-z0-9-]*")
_AREA = re.compile(r'area="([a-z]+)"')
_PREFIX = re.compile(r'finder\(\w+, "([a-z]+)"\)')

#: Texts of the same shape that are no codes: media types, folders, names of standards.
NO_CODES = frozenset(
    {
        "published/status",
        "published/log",
        "trail/checkpoint",
        "font/ttf",
        "pdf/a-3a",
        "pdf/ua-1",
        "text/css",
        "text/html",
        "text/plain",
        "image/png",
    }
    | {
        "application/json",
        "application/octet-stream",
        "application/timestamp-query",
        "application/timestamp-reply",
        "application/pdf",
        "application/vc",
        "application/x-tex",
        "application/x-www-form-urlencoded",
    }
    | {"multipart/form-data", "image/jpeg", "image/webp", "text/javascript", "r/min"}
)
#: What takes a code without its prefix, in the modules that read files.
_PREFIXED = frozenset({"find", "set_aside", "_find", "_Aside", "_Cell", "_text"})

#: Codes put together from a part that varies, as they are written in the source.
COMPOSED = frozenset(
    {
        "f'{area}/missing-field'",
        "f'{area}/unknown-field'",
        "f'{area}/wrong-value'",
        "f'{noun}/not-found'",
        "f'{noun}/wrong-folder'",
        "f'certificate/{now.state}'",
        """f"response/{state.value.replace('_', '-')}\"""",
        "f'{prefix}/{code}'",
        "f'table/{code}'",
        "f'exchange/{code}'",
        "f'missing-{what}'",
        "f'{what}-id'",
    }
)


@functools.cache
def emitted_codes() -> frozenset[str]:
    """Every code the program can emit."""
    texts = {path: path.read_text("utf-8") for path in SOURCES}
    found = {code for text in texts.values() for code in _written(ast.parse(text))}
    for path, text in texts.items():
        if path.parent.name == "interchange":
            found.update(_prefixed(ast.parse(text), text))
    areas = {area for text in texts.values() for area in _AREA.findall(text)}
    found.update(f"{area}/{what}" for area in areas for what in ("missing-field", "unknown-field", "wrong-value"))
    found.update(f"{noun}/{what}" for noun in ("bank", "scheme") for what in ("not-found", "wrong-folder"))
    found.update(f"certificate/{state}" for state in CertificateState)
    for prefix, named in (("ratings", ("candidate", "aspect")), ("responses", ("candidate", "paper"))):
        found.update(code for what in named for code in (f"{prefix}/missing-{what}", f"{prefix}/{what}-id"))
    doubtful = (ResponseState.UNREADABLE, ResponseState.MULTIPLE_MARKED)
    found.update(f"response/{state.value.replace('_', '-')}" for state in doubtful)
    return frozenset(found) - NO_CODES - {errors.CertengineError.default_code}  # the root is never raised itself


def composed_codes() -> frozenset[str]:
    """The codes that the source puts together, as written there."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.JoinedStr):
                found.add(ast.unparse(node.value))
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.JoinedStr):
                text = ast.unparse(node.args[0])
                if _name(node) in {*_PREFIXED, "finding"} and " " not in text:
                    found.add(text)
    return frozenset(found)


def _written(tree: ast.AST) -> Iterator[str]:
    """Whole codes wherever they stand, and bare ones where a code is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WHOLE.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from _bare(node.value)
        if isinstance(node, ast.Dict):  # the one error that is no exception of ours: a bug
            named = zip(node.keys, node.values, strict=True)
            yield from (code for key, value in named if getattr(key, "value", "") == "code" for code in _bare(value))
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "default_code" for one in node.targets):
            yield from _bare(node.value)


def _prefixed(tree: ast.AST, text: str) -> Iterator[str]:
    prefix = next(iter(_PREFIX.findall(text)), None)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if _name(node) == "refused":  # of exchange files; tables write their codes whole
            yield from (f"exchange/{code}" for code in _bare(node.args[min(1, len(node.args) - 1)]))
        if _name(node) == "_header_finding":
            yield from (f"table/{code}" for code in _bare(node.args[1]))
        elif prefix is not None and (_name(node) in _PREFIXED or isinstance(node.func, ast.Call)):
            yield from (f"{prefix}/{code}" for code in _bare(node.args[0]))


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def _bare(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _BARE.fullmatch(node.value):
        yield node.value
