"""QTI packages: a zip with ``imsmanifest.xml`` and one file for each item; and items that stand alone.

The record of an item is a file of its own beside it, ``records/<item>.json``, which its resource lists: every version of
the manifest allows that, while 3.0 takes no foreign metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from certengine.interchange.loss import Fate, Loss
from certengine.interchange.qti import ITEM_ROOTS, read_item
from certengine.interchange.qti_body import xml_name
from certengine.interchange.qti_versions import QtiVersion, spelled
from certengine.interchange.qti_writing import qti_item
from certengine.interchange.questions import Incoming, LeftOut, Losses, Outgoing, Question, collect, refused
from certengine.interchange.records import read_record, record_text
from certengine.interchange.strict_xml import Element, SubElement, bytes_of, local, parse_xml
from certengine.interchange.strict_zip import StrictZip, is_inside, zipped
from certengine.interchange.tables import read_bounded

MANIFEST = "imsmanifest.xml"
_RECORDS = "records/"


def write_qti(questions: Sequence[Question], title: str, version: QtiVersion) -> Outgoing:
    """A package of items."""
    files: dict[str, bytes] = {}
    losses: list[Loss] = []
    manifest = Element("manifest", {"xmlns": version.manifest_namespace, "identifier": "MANIFEST"})
    metadata = SubElement(manifest, "metadata")
    SubElement(metadata, "schema").text = version.manifest_schema
    SubElement(metadata, "schemaversion").text = version.manifest_version
    SubElement(manifest, "organizations")
    resources = SubElement(manifest, "resources")
    for question in questions:
        try:
            item = qti_item(question, version.templates, suffix=version.suffix, wrapped=version.hyphens)
        except LeftOut as why:
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=str(why)))
            continue
        name = xml_name(question.name)
        href = f"items/{name}.xml"
        files[href] = bytes_of(spelled(item, version))
        resource = SubElement(resources, "resource", identifier=f"R-{name}", type=version.resource, href=href)
        SubElement(resource, "file", href=href)
        for picture in question.pictures:
            files[picture.name] = picture.data
            SubElement(resource, "file", href=quote(picture.name))
        if question.record is not None:
            record = f"{_RECORDS}{name}.json"
            files[record] = record_text(question.record).encode("utf-8")
            SubElement(resource, "file", href=record)
    return Outgoing(data=zipped({MANIFEST: bytes_of(manifest), **files}), losses=tuple(losses))


def read_qti(path: Path) -> Incoming:
    """The items of a package, or of one file that is an item.

    Raises:
        NotFound, InputError: when there is no such file, or it is hostile, damaged, too large, or no QTI.
    """
    data = read_bounded(path)
    if not data.startswith(b"PK\x03\x04"):
        root = local(parse_xml(data, path))
        if root not in ITEM_ROOTS:
            hint = "hand in the item, or the whole package as a zip; QTI 1.2 is not read"
            raise refused(path, "format", f"its outermost element is `{root[:40]}`, not an item of QTI 2 or 3", hint)
        return collect(iter([(path.stem, read_item(data, path))]), path)
    package = StrictZip(data, path)
    manifest = package.read(MANIFEST)
    if manifest is None:
        raise refused(path, "format", f"it has no {MANIFEST} at its top", "hand in a QTI package as it was exported")
    resources = list(_resources(parse_xml(manifest, path)))
    if not resources:
        raise refused(path, "empty", "its manifest names no item", "hand in a QTI package with items")
    losses = _not_items(package, {name for href, files in resources for name in (href, *files)})
    return collect(iter([(href, _reader(package, href, files)) for href, files in resources]), path, losses)


def _resources(manifest: Element) -> Iterator[tuple[str, list[str]]]:
    """Address of each item that the manifest names, in its order, and those of its record and pictures."""
    for resource in manifest.iter():
        kind = resource.get("type", "") if local(resource) == "resource" else ""
        if kind.startswith(("imsqti_item_xmlv2p", "imsqti_item_xmlv3p", "imsqti_apipitem_xmlv2p")):
            files = [unquote(part.get("href", "")) for part in resource if local(part) == "file"]
            kept = [name for name in files if _is_record(name) or name.lower().endswith((".svg", ".png"))]
            yield unquote(resource.get("href", "")), kept


def _is_record(name: str) -> bool:
    return name.startswith(_RECORDS) and name.endswith(".json")


def _reader(package: StrictZip, href: str, files: list[str]) -> Callable[[Losses], Question]:
    def read(losses: Losses) -> Question:
        data = package.read(href) if is_inside(href) else None
        if data is None:
            raise LeftOut("the manifest names a file that is not in the package")
        record = next(filter(_is_record, files), None)
        written = package.read(record) if record else None
        question = read_item(data, Path(f"{package.path}") / href, _loader(package, href))(losses)
        return Question(
            id=question.id,
            name=question.name,
            kind=question.kind,
            content=question.content,
            explanation=question.explanation,
            pictures=question.pictures,
            record=read_record(written.decode("utf-8", "replace")) if written else None,
        )

    return read


def _loader(package: StrictZip, href: str) -> Callable[[str], bytes | None]:
    """The files that an item names, by addresses relative to it."""

    def load(address: str) -> bytes | None:
        if address.startswith("/") or ":" in address:
            return None
        steps: list[str] = []
        for step in PurePosixPath(href).parent.joinpath(unquote(address)).parts:
            steps = steps[:-1] if step == ".." else [*steps, step]
        return package.read("/".join(steps))

    return load


def _not_items(package: StrictZip, items: set[str]) -> list[Loss]:
    """What else the package holds: tests, pictures, stylesheets."""
    return [
        Loss(item=name[:80], feature="file", fate=Fate.LOST, why="it is no item")
        for name in package.names
        if name not in items and name != MANIFEST and not name.endswith(".xsd")
    ]
