"""Two conformances in one file: PDF/A-3a, which WeasyPrint writes, and PDF/UA-1, which is added to it.

WeasyPrint names one standard in a file's XMP. The tags and titles that PDF/UA-1 (ISO 14289-1) asks for are there all
the same, so the second name is added: ``pdfuaid:part`` with the description of its schema that PDF/A-3 (ISO 19005-3
6.6.2.3) demands for names it does not know. Both go into the first ``rdf:RDF``: validators read no second one.

Two things that WeasyPrint leaves undone are done here as well: text in another language than the document's gets its
language (ISO 14289-1 7.2), so that English is not read aloud as Chinese; and an attachment is listed once, not twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydyf
from weasyprint.formatting_structure.boxes import Box, TextBox
from weasyprint.layout.absolute import AbsolutePlaceholder

from certengine.errors import InputError

_END = b"</rdf:RDF>"

_PDF_UA = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description>
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


def also_pdf_ua(document: Any, pdf: Any) -> None:
    """A finisher for :meth:`certengine.documents.layout.Typesetter.pdf` that makes a PDF/A-3a a PDF/UA-1 as well.

    Raises:
        InputError: the file has no XMP metadata, or no tags that match its text.
    """
    _name_standard(pdf)
    _name_languages(document, pdf)
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _name_standard(pdf: Any) -> None:
    for entry in pdf.objects:
        if getattr(entry, "extra", {}).get("Type") == "/Metadata":
            before, end, after = b"".join(entry.stream).partition(_END)
            if end:
                entry.stream = [before + _PDF_UA + end + after]
                return
    raise InputError("the document has no metadata to name PDF/UA in", hint="give a PDF/A variant", code="pdf-metadata")


def _name_languages(document: Any, pdf: Any) -> None:
    # WeasyPrint tags the text boxes of a document one after another, each as an element that holds one number.
    texts = [text for page in document.pages for text in _texts(page._page_box)]  # noqa: SLF001 # it has no public name
    leaves = [entry for entry in pdf.objects if _is_leaf(entry)]
    if len(texts) != len(leaves):
        raise InputError("the tags of the document do not match its text", code="pdf-tags")
    for text, leaf in zip(texts, leaves, strict=True):
        language = text.style["lang"]
        if language and language != document.metadata.lang:
            leaf["Lang"] = pydyf.String(language)


def _texts(box: Box) -> Iterator[TextBox]:
    if isinstance(box, AbsolutePlaceholder):
        box = box._box  # noqa: SLF001 # what it stands for
    if isinstance(box, TextBox):
        yield box
    else:
        for child in getattr(box, "children", ()):
            yield from _texts(child)


def _is_leaf(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.get("Type") != "/StructElem" or entry["S"] == "/Figure":
        return False
    return len(entry["K"]) == 1 and isinstance(entry["K"][0], int)
