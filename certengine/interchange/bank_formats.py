"""The formats that banks are exchanged in, and telling which one a file is in by looking into it.

A format is one entry here: how it is written, how it is read, and whether it has a place for what we keep aside.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from certengine.errors import UsageError
from certengine.interchange import bank_workbook, gift, moodle_xml, qti_writing
from certengine.interchange.aiken import ANSWER_LINE, read_aiken, write_aiken
from certengine.interchange.bank_workbook import read_workbook, write_bank_csv, write_workbook
from certengine.interchange.gift import read_gift, write_gift
from certengine.interchange.moodle_reading import read_moodle
from certengine.interchange.moodle_xml import write_moodle
from certengine.interchange.qti_package import MANIFEST, read_qti, write_qti
from certengine.interchange.qti_versions import VERSIONS
from certengine.interchange.questions import Incoming, Outgoing, Question, refused
from certengine.interchange.tables import read_bounded

_LOOKED_AT: Final = 4096
_MANIFEST_LOOKED_AT: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFormat:
    """One format.

    Attributes:
        suffix: of the files we write.
        write: questions and the bank's title to the bytes of a file.
        read: the questions of a file; raises when it cannot be read at all.
        kinds: the kinds of item it has a form for.
        keeps_aside: records ride along, so that our own import loses nothing.
    """

    id: str
    title: str
    suffix: str
    write: Callable[[Sequence[Question], str], Outgoing]
    read: Callable[[Path], Incoming]
    kinds: tuple[str, ...]
    keeps_aside: bool = True


FORMATS: Final[tuple[BankFormat, ...]] = (
    BankFormat(id="gift", title="GIFT", suffix=".gift", write=write_gift, read=read_gift, kinds=tuple(gift.WRITERS)),
    BankFormat(
        id="moodle",
        title="Moodle XML",
        suffix=".xml",
        write=write_moodle,
        read=read_moodle,
        kinds=tuple(moodle_xml.WRITERS),
    ),
    *(
        BankFormat(
            id=version.id,
            title=f"QTI {version.number}",
            suffix=".zip",
            write=partial(write_qti, version=version),
            read=read_qti,
            kinds=tuple(qti_writing.WRITERS),
        )
        for version in VERSIONS
    ),
    BankFormat(
        id="xlsx",
        title="the bank workbook",
        suffix=".xlsx",
        write=write_workbook,
        read=read_workbook,
        kinds=tuple(bank_workbook.WRITERS),
    ),
    BankFormat(
        id="csv",
        title="CSV",
        suffix=".csv",
        write=write_bank_csv,
        read=read_workbook,
        kinds=tuple(bank_workbook.WRITERS),
    ),
    BankFormat(
        id="aiken",
        title="Aiken",
        suffix=".txt",
        write=write_aiken,
        read=read_aiken,
        kinds=("single_choice",),
        keeps_aside=False,
    ),
)


def format_named(name: str) -> BankFormat:
    """The format of that id.

    Raises:
        UsageError: when there is none.
    """
    for one in FORMATS:
        if one.id == name:
            return one
    known = ", ".join(one.id for one in FORMATS)
    raise UsageError(f"`{name}` is not a format of question banks", hint=f"the formats are: {known}")


def format_for(target: Path) -> BankFormat:
    """The format that the name of a file to be written says.

    Raises:
        UsageError: when its suffix says none, or several.
    """
    suffix = target.suffix.lower()
    meant = [one for one in FORMATS if one.suffix == suffix]
    if len(meant) != 1:
        known = ", ".join(one.id for one in meant or FORMATS)
        says = f"`{suffix}` may be one of several formats" if meant else "the format is not said"
        raise UsageError(says, hint=f"add `--format`, one of: {known}")
    return meant[0]


def format_of(path: Path) -> BankFormat:
    """The format of a file, told by what is in it, where that is open by its name.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is none that is read.
    """
    data = read_bounded(path)
    head = data[:_LOOKED_AT]
    if data.startswith(b"PK\x03\x04"):
        return format_named(_zip_format(path, data))
    text = head.decode("utf-8-sig" if not head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-16", "replace")
    if text.lstrip().startswith("<"):
        xml = (
            "moodle"
            if "<quiz" in text
            else "qti3"
            if "<qti-" in text
            else "qti22"
            if "imsqti_v2p2" in text
            else "qti21"
        )
        return format_named(xml)
    suffix = path.suffix.lower()
    if suffix == ".gift":
        return format_named("gift")
    if suffix in {".csv", ".tsv"}:
        return format_named("csv")
    if suffix != ".txt":
        hint = "name its format: `--format gift`, for example"
        raise refused(path, "format", f"`{suffix}` says nothing of its format", hint)
    whole = data.decode("utf-8", "replace")
    return format_named("aiken" if ANSWER_LINE.search(whole) and "{" not in text else "gift")


def _zip_format(path: Path, data: bytes) -> str:
    try:
        package = zipfile.ZipFile(BytesIO(data))
        names = set(package.namelist())
        if "xl/workbook.xml" in names:
            return "xlsx"
        with package.open(MANIFEST) if MANIFEST in names else BytesIO() as manifest:
            head = manifest.read(_MANIFEST_LOOKED_AT)
    except Exception as error:  # zipfile raises BadZipFile, NotImplementedError, struct.error, UnicodeDecodeError ...
        raise refused(path, "zip", "it is a damaged zip", "pack or save it anew") from error
    return next((version.id for version in VERSIONS if version.resource.encode() in head), VERSIONS[-1].id)
