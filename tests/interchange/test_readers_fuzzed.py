"""Every reader held to whatever bytes come: it reads or refuses with an error of ours, and ends."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.errors import CertengineError
from certengine.interchange.bank_formats import FORMATS, BankFormat, format_of

PIECES = (
    *(
        "::a::",
        "{",
        "}",
        "=",
        "~",
        "%50%",
        "#",
        "->",
        "\\",
        "// certengine {",
        "[html]",
        "$CATEGORY: a/b",
        "\n\n",
        "\n",
        "T",
    ),
    *("A. x", "ANSWER: A", "题型,题干,答案\n", "判断题,铜,√\n", "id,type,stem,answer\n", '"', ",", "\t", "'=1+1"),
    *(
        "<quiz>",
        "</quiz>",
        '<question type="cloze">',
        "</question>",
        "<text>",
        "</text>",
        "{1:NM:=1:",
        "<answer fraction='100'>",
    ),
    *("<questiontext format='html'>", "</questiontext>", "<![CDATA[", "]]>", "&lt;table&gt;", "<!-- certengine {} -->"),
    *(
        "<assessmentItem>",
        "<itemBody>",
        "<textEntryInteraction responseIdentifier='R'/>",
        "<math>",
        "<!DOCTYPE x>",
        "&a;",
    ),
    *("1e999", "-0", "NaN", "电工", "\x00", "\ufeff", "\ud7ff", "$x$", "`", "**", "| a | b |"),
)
SOUP = st.lists(st.sampled_from(PIECES), max_size=30).map(lambda parts: "".join(parts).encode("utf-8"))
BYTES = st.one_of(SOUP, st.binary(max_size=300), SOUP.map(lambda data: b"<quiz>" + data + b"</quiz>"))


def zipped(data: bytes) -> bytes:
    """A package whose item is these bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(
            "imsmanifest.xml",
            '<manifest><resources><resource identifier="R" type="imsqti_item_xmlv2p1" href="a.xml"/></resources></manifest>',
        )
        package.writestr("a.xml", data)
    return target.getvalue()


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.id)
@settings(max_examples=60)
@given(data=BYTES | BYTES.map(zipped))
def test_a_reader_reads_or_refuses(tmp_path_factory: pytest.TempPathFactory, format_: BankFormat, data: bytes) -> None:
    """No bytes bring a reader to anything but questions with losses, or an error of ours."""
    path = tmp_path_factory.getbasetemp() / f"fuzzed{format_.suffix}"
    path.write_bytes(data)
    with suppress(CertengineError):
        incoming = format_.read(path)
        assert all(question.kind in {*format_.kinds, "gap_text"} for question in incoming.questions)
    with suppress(CertengineError):
        format_of(path)
