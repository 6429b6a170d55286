"""Two conformances in one file: PDF/A-3a, which WeasyPrint writes, and PDF/UA-1, which is added to it.

WeasyPrint names one standard in a file's XMP. The tags and titles that PDF/UA-1 (ISO 14289-1) asks for are there all
the same, so the second name is added: ``pdfuaid:part`` with the description of its schema that PDF/A-3 (ISO 19005-3
6.6.2.3) demands for names it does not know. Both go into the first ``rdf:RDF``: validators read no second one.
"""

from __future__ import annotations

from typing import Any

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


def also_pdf_ua(_document: Any, pdf: Any) -> None:
    """A finisher for :meth:`certengine.documents.layout.Typesetter.pdf` that names PDF/UA-1 beside PDF/A-3a.

    Raises:
        InputError: the file has no XMP metadata to name it in.
    """
    for entry in pdf.objects:
        if getattr(entry, "extra", {}).get("Type") == "/Metadata":
            before, end, after = b"".join(entry.stream).partition(_END)
            if end:
                entry.stream = [before + _PDF_UA + end + after]
                return
    raise InputError("the document has no metadata to name PDF/UA in", hint="give a PDF/A variant", code="pdf-metadata")
