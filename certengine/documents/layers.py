"""A form that many share, and one person's facts laid over it.

Laying out a form of a few hundred boxes takes a third of a second and comes out the same for everybody; what differs is
a name, an id and a code. The form is laid out once, each person's facts alone on pages that are otherwise empty, and
the two are put together page by page. Text stays text, and a file holds nothing of another person: not even the
letters of a name in a shared font.
"""

from __future__ import annotations

from io import BytesIO

import pikepdf


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)


def lay_over(form: bytes, facts: bytes) -> bytes:
    """The form's pages, each with its page of facts on top, under the facts' title. Reproducible.

    Raises:
        ValueError: when the two have not the same number of pages.
    """
    with pikepdf.open(BytesIO(form)) as document, pikepdf.open(BytesIO(facts)) as thin:
        if len(thin.pages) != len(document.pages):
            raise ValueError(f"facts on {len(document.pages)} pages are due, given: {len(thin.pages)}")
        for number, (below, above) in enumerate(zip(document.pages, thin.pages, strict=True), 1):
            name = pikepdf.Name(f"/Facts{number}")  # pages may share one table of resources
            drawn = document.copy_foreign(above.as_form_xobject())
            below.add_resource(drawn, pikepdf.Name.XObject, name)  # given, for pikepdf would draw one at random
            below.contents_add(b"q", prepend=True)
            below.contents_add(f"Q q {name} Do Q".encode())
        document.docinfo["/Title"] = str(thin.docinfo["/Title"])
        out = BytesIO()
        document.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()
