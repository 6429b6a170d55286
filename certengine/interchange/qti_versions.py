"""What differs between QTI 2.1, 2.2 and 3.0: namespaces, names of resources, and the spelling of names.

Items are built and read in the spelling of 2.x (``choiceInteraction``, ``responseIdentifier``). Version 3.0 spells the
same names ``qti-choice-interaction`` and ``response-identifier``; HTML elements keep their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from certengine.interchange.strict_xml import Element, SubElement, is_comment, local

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

_HTML: Final = frozenset(
    {"p", "br", "span", "div", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "img"}
)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_HYPHEN: Final = re.compile(r"-([a-z0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class QtiVersion:
    """One version as it is written.

    Attributes:
        resource: type of an item in a manifest.
        templates: address that the names of standard response processing are added to.
    """

    id: str
    number: str
    namespace: str
    schema: str
    manifest_namespace: str
    manifest_schema: str
    manifest_version: str
    resource: str
    templates: str
    suffix: str = ""
    hyphens: bool = False


QTI_21: Final = QtiVersion(
    id="qti21",
    number="2.1",
    namespace="http://www.imsglobal.org/xsd/imsqti_v2p1",
    schema="http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema="QTIv2.1 Package",
    manifest_version="1.0.0",
    resource="imsqti_item_xmlv2p1",
    templates="http://www.imsglobal.org/question/qti_v2p1/rptemplates/",
)
QTI_22: Final = QtiVersion(
    id="qti22",
    number="2.2",
    namespace="http://www.imsglobal.org/xsd/imsqti_v2p2",
    schema="http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema="QTIv2.2 Package",
    manifest_version="1.0.0",
    resource="imsqti_item_xmlv2p2",
    templates="http://www.imsglobal.org/question/qti_v2p2/rptemplates/",
)
QTI_30: Final = QtiVersion(
    id="qti3",
    number="3.0",
    namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    manifest_schema="QTI Package",
    manifest_version="3.0.0",
    resource="imsqti_item_xmlv3p0",
    templates="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
    suffix=".xml",
    hyphens=True,
)
VERSIONS: Final = (QTI_21, QTI_22, QTI_30)


def spelled(element: Element, version: QtiVersion) -> Element:
    """A tree of ours in the spelling of a version, its root in the version's namespace."""
    root = _hyphened(element) if version.hyphens else element
    root.set("xmlns", version.namespace)
    root.set("xmlns:xsi", XSI)
    root.set("xsi:schemaLocation", f"{version.namespace} {version.schema}")
    return root


def evened(element: Element) -> Element:
    """A foreign tree without namespaces and comments, in the spelling of 2.x."""
    root = Element(_humped(local(element)))
    _even_into(root, element)
    return root


def _even_into(target: Element, source: Element) -> None:
    target.text, target.tail = source.text, source.tail
    for name, value in source.attrib.items():
        target.set(_humped(name.rpartition("}")[2]), value)
    last: Element | None = None
    for child in source:
        if is_comment(child):
            if last is None:
                target.text = (target.text or "") + (child.tail or "")
            else:
                last.tail = (last.tail or "") + (child.tail or "")
            continue
        last = SubElement(target, _humped(local(child)))
        _even_into(last, child)


def _humped(name: str) -> str:
    """``qti-choice-interaction`` as ``choiceInteraction``; a name without the prefix keeps its first word."""
    return _HYPHEN.sub(lambda match: match.group(1).upper(), name.removeprefix("qti-"))


def _hyphened(element: Element) -> Element:
    tag = local(element)
    if tag == "math":
        return element
    found = Element(tag if tag in _HTML else "qti-" + _spelled_out(tag))
    found.text, found.tail = element.text, element.tail
    for name, value in element.attrib.items():
        found.set(name if ":" in name or name == "class" else _spelled_out(name), value)
    found.extend(_hyphened(child) for child in element)
    return found


def _spelled_out(name: str) -> str:
    return _HUMP.sub(lambda match: "-" + match.group(1).lower(), name)
