"""Archive revisions (PAdES B-LTA): what is appended to a signed file to keep it provable, and what is accepted as that.

A revision holds validation material (certificates and lists of withdrawn ones, ISO 32000-2 12.8.4.3) and a time stamp over
everything before it (12.8.5). The next revision is appended before that stamp's certificate ends.

Invariants:

1. The bytes before a revision stay as they are: the issued file is the beginning of every archived one.
2. There is one form, byte for byte. A revision is accepted only when it equals the one that is built from the bytes before
   it, the certificates, the lists and the stamp it holds. So it replaces two objects, the catalogue (an entry more) and
   the list of fields (a field more, on no page), and nothing that is seen can differ; how a reader resolves a contradictory
   file is no question, for there is no reader here.
3. What is built follows from the arguments alone; no clock, no chance, and no library's way of writing PDF.
4. The bytes before the first revision are looked at only by whoever has checked their signature: they are the issuer's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from asn1crypto import crl
from asn1crypto import x509 as asn1_x509

from certengine.documents.definite_lengths import first_value
from certengine.errors import InputError

MAX_REVISIONS = 40
"""Most archive revisions that are read; one in some years each."""

_MOST_STREAMS = 64
_END = b"%%EOF\n"
_FORM = b"""%(field)d 0 obj
<<
/FT /Sig
/T (Archive-%(number)d)
/Type /Annot
/Subtype /Widget
/F 132
/Rect [ -9999 -9999 -9999 -9999 ]
/TU (archive time stamp)
/V %(value)d 0 R
>>
endobj
%(value)d 0 obj
<<
/Type /DocTimeStamp
/Filter /Adobe.PPKLite
/SubFilter /ETSI.RFC3161
/ByteRange %(range)s
/Contents <"""
_AFTER = b">\n>>\nendobj\n"
_RANGE_WIDTH = 48

_SIGNED_RANGE = re.compile(rb"/ByteRange ?\[ ?0 (\d{1,9}) (\d{1,9}) (\d{1,9}) ?\]")
_STARTXREF = re.compile(rb"startxref\n(\d{1,9})\n%%EOF\n\Z")
_XREF = re.compile(rb"\d{1,7} 0 obj\n<<\n(.*?)>>\nstream\n", re.DOTALL)
_STREAM = re.compile(rb"\d{1,7} 0 obj\n<<\n/Length (\d{1,7})\n>>\nstream\n")
_DSS = re.compile(rb"(\d{1,7}) 0 obj\n<<\n/Type /DSS\n((?:/(?:Certs|CRLs) \[[ 0-9R]*\]\n)*)>>\nendobj\n")
_CONTENTS = re.compile(rb"/Type /DocTimeStamp\n[^<>]{1,200}/Contents <([0-9A-F]{2,65536})>\n")
_REFERENCE = re.compile(rb"(\d{1,7}) 0 R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What certificates are checked with later: certificates and lists of withdrawn ones, DER."""

    certificates: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One archive revision of a file.

    Attributes:
        start: where it begins; ``end`` where it ends, both in bytes of the file.
        token: its time stamp, DER; not looked at here.
        covered: SHA-256 of what the stamp is over: everything up to ``end`` but the stamp itself.
    """

    start: int
    end: int
    material: Material
    token: bytes
    covered: bytes


def split_archive(pdf: bytes) -> tuple[bytes, tuple[Archived, ...]]:
    """A file as it was issued, and the archive revisions after it; never raises.

    A file that has none, or has anything else after what was signed, comes back as it is, without revisions.
    """
    try:
        found = _SIGNED_RANGE.search(pdf)
        if found is None:
            return pdf, ()
        place = signed_end = int(found[2]) + int(found[3])
        revisions: list[Archived] = []
        while place < len(pdf) and len(revisions) < MAX_REVISIONS:
            revision = _read(pdf, place)
            revisions.append(revision)
            place = revision.end
    except Exception:  # noqa: BLE001 # decoders of ASN.1 raise many classes; what is not understood is no archive
        return pdf, ()
    return (pdf[:signed_end], tuple(revisions)) if revisions and place == len(pdf) else (pdf, ())


def with_archive_stamp(pdf: bytes, material: Material, stamp: Callable[[bytes], bytes], *, room: int = 4096) -> bytes:
    """A file with one more archive revision.

    Args:
        pdf: as issued, or archived before; its signature is not checked here.
        material: what the file does not hold yet is added to it.
        stamp: gives the time stamp (DER) over a SHA-256 digest.
        room: bytes kept free for the stamp; where it is longer, room is made for it and another asked for.

    Raises:
        InputError: when the file is none that this program signs.
        CertengineError: as ``stamp`` does.
    """
    held = held_material(pdf)
    new = Material(
        certificates=tuple(one for one in dict.fromkeys(material.certificates) if one not in held.certificates),
        lists=tuple(one for one in dict.fromkeys(material.lists) if one not in held.lists),
    )
    for _ in range(3):
        built = _Built(pdf, new, room)
        token = stamp(hashlib.sha256(built.covered).digest())
        if len(token) <= room:
            return built.whole(token)
        room = len(token) + 64
    raise InputError("the time stamps of the authority differ too much in length", code="stamp/too-large")


def held_material(pdf: bytes) -> Material:
    """The validation material in a file's archive revisions."""
    _, revisions = split_archive(pdf)
    return Material(
        certificates=tuple(one for revision in revisions for one in revision.material.certificates),
        lists=tuple(one for revision in revisions for one in revision.material.lists),
    )


def _read(pdf: bytes, start: int) -> Archived:
    """The revision that begins there.

    Raises:
        Exception: there is none in the one form.
    """
    dss = _DSS.match(pdf, start)
    if dss is None:
        raise ValueError("no validation material")
    place, certificates, lists = dss.end(), list[bytes](), list[bytes]()
    while (stream := _STREAM.match(pdf, place)) is not None and len(certificates) + len(lists) < _MOST_STREAMS:
        data = pdf[stream.end() : stream.end() + int(stream[1])]
        (certificates if _is_certificate(data) else lists).append(data)
        place = stream.end() + len(data) + len(b"\nendstream\nendobj\n")
    for one in lists:
        _demand_whole(crl.CertificateList.load(one, strict=True), one)
    contents = _CONTENTS.search(pdf, place, place + 70_000)
    if contents is None:
        raise ValueError("no time stamp")
    padded = bytes.fromhex(contents[1].decode("ascii"))
    token = first_value(padded)
    material = Material(certificates=tuple(certificates), lists=tuple(lists))
    built = _Built(pdf[:start], material, len(padded))
    whole = built.whole(token)
    if not pdf.startswith(whole):
        raise ValueError("not as it is written here")
    covered = hashlib.sha256(built.covered).digest()
    return Archived(start=start, end=len(whole), material=material, token=token, covered=covered)


def _is_certificate(data: bytes) -> bool:
    try:
        found = asn1_x509.Certificate.load(data, strict=True)
        _demand_whole(found, data)
        return found["tbs_certificate"]["subject_public_key_info"].native is not None
    except (ValueError, TypeError):
        return False


def _demand_whole(value: object, data: bytes) -> None:
    """Refuse what does not come back as it was when it is written again from its parts."""
    if value.copy().dump(force=True) != data:  # type: ignore[attr-defined]  # asn1crypto's classes are untyped
        raise ValueError("not in its one encoding")


class _Built:
    """A revision built after some bytes, with room for the stamp: its parts, and what the stamp is over."""

    def __init__(self, previous: bytes, material: Material, room: int) -> None:
        self._previous, self._room = previous, room
        last = _Last(previous)
        numbers = range(last.size + 1, last.size + 1 + len(material.certificates) + len(material.lists))
        count = len(material.certificates)
        dss = {
            b"Certs": (*last.held(b"Certs"), *numbers[:count]),
            b"CRLs": (*last.held(b"CRLs"), *numbers[count:]),
        }
        field = last.size + 1 + len(numbers)
        body = _Body(len(previous))
        body.add(last.size, _dss(dss))
        for number, data in zip(numbers, (*material.certificates, *material.lists), strict=True):
            body.add(number, b"<<\n/Length %d\n>>\nstream\n%s\nendstream" % (len(data), data))
        body.replace(last.root, last.catalogue(last.size))
        body.replace(last.fields, last.with_field(field))
        body.places[field] = body.end
        fixed = {b"field": field, b"value": field + 1, b"number": last.field_count, b"range": b" " * _RANGE_WIDTH}
        head = _FORM % fixed
        body.places[field + 1] = body.end + head.index(b"%d 0 obj\n" % (field + 1), 1)
        self._before = len(previous) + len(body.data) + len(head) - 1  # up to the `<` of the stamp
        after = self._before + 2 * room + 2
        xref = last.xref(body.places, after + len(_AFTER) - 1, field + 2)
        self._tail = _AFTER[1:] + xref
        ranges = b"[ 0 %d %d %d ]" % (self._before, after, len(self._tail))
        head = _FORM % {**fixed, b"range": ranges.ljust(_RANGE_WIDTH)}
        self._head = bytes(body.data) + head[:-1]

    @property
    def covered(self) -> bytes:
        """What the stamp is over."""
        return self._previous + self._head + self._tail

    def whole(self, token: bytes) -> bytes:
        """The bytes before, and the revision with its stamp."""
        text = token.hex().upper().encode().ljust(2 * self._room, b"0")
        return self._previous + self._head + b"<" + text + b">" + self._tail


class _Body:
    """Objects written one after the other, and where each begins in the file."""

    def __init__(self, start: int) -> None:
        self.data = bytearray()
        self.places: dict[int, int] = {}
        self._start = start

    @property
    def end(self) -> int:
        """Where the next object begins."""
        return self._start + len(self.data)

    def add(self, number: int, content: bytes) -> None:
        """An object of that number."""
        self.replace(number, b"%d 0 obj\n%s\nendobj\n" % (number, content))

    def replace(self, number: int, text: bytes) -> None:
        """An object with its first and last line."""
        self.places[number] = self.end
        self.data += text


class _Last:
    """The last revision of a file of our own, by its text: its catalogue, its fields, and where they are found.

    Raises:
        InputError: it is not written as this program writes.
    """

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        start = _demanded(_STARTXREF.search(pdf, max(len(pdf) - 64, 0)))
        self._offset = int(start[1])
        self._entries = _demanded(_XREF.match(pdf, self._offset))[1]
        self.size = int(_demanded(re.search(rb"/Size (\d{1,7})\n", self._entries))[1])
        self.root = int(_demanded(re.search(rb"/Root (\d{1,7}) 0 R\n", self._entries))[1])
        self._catalogue = self._object(self.root)
        self.fields = int(_demanded(re.search(rb"\n/AcroForm (\d{1,7}) 0 R\n", self._catalogue))[1])
        self._form = self._object(self.fields)

    @property
    def field_count(self) -> int:
        """How many signatures and stamps there are."""
        return len(_REFERENCE.findall(_demanded(re.search(rb"\n/Fields \[([^\]]*)\]\n", self._form))[1]))

    def held(self, name: bytes) -> tuple[int, ...]:
        """The objects that the validation material refers to already."""
        found = re.search(rb"\n/DSS (\d{1,7}) 0 R\n", self._catalogue)
        if found is None:
            return ()
        listed = re.search(rb"\n/%s \[([^\]]*)\]\n" % name, self._object(int(found[1])))
        return tuple(int(one) for one in _REFERENCE.findall(listed[1])) if listed is not None else ()

    def catalogue(self, dss: int) -> bytes:
        """The catalogue with that validation material."""
        text, found = re.subn(rb"\n/DSS \d{1,7} 0 R\n", b"\n/DSS %d 0 R\n" % dss, self._catalogue)
        return text if found else text.removesuffix(b">>\nendobj\n") + b"/DSS %d 0 R\n>>\nendobj\n" % dss

    def with_field(self, field: int) -> bytes:
        """The list of fields with one more."""
        return re.sub(rb"(\n/Fields \[[^\]]*) \]\n", rb"\g<1> %d 0 R ]\n" % field, self._form, count=1)

    def xref(self, places: dict[int, int], here: int, number: int) -> bytes:
        """The cross-reference stream over new objects, itself at ``here`` under ``number``, and the end of the file."""
        table = {**places, number: here}
        runs: list[list[int]] = []
        for one in sorted(table):
            if runs and runs[-1][0] + runs[-1][1] == one:
                runs[-1][1] += 1
            else:
                runs.append([one, 1])
        data = b"".join(b"\1" + table[one].to_bytes(4, "big") + b"\0\0" for one in sorted(table))
        index = b" ".join(b"%d %d" % (first, count) for first, count in runs)
        lines = [
            b"/Type /XRef",
            b"/W [ 1 4 2 ]",
            b"/Size %d" % (number + 1),
            b"/Root %d 0 R" % self.root,
            *re.findall(rb"^/Info \d{1,7} 0 R$", self._entries, re.MULTILINE),
            b"/ID [ %s <%s> ]" % (self._first_id(), hashlib.sha256(self._pdf).hexdigest()[:32].encode()),
            b"/Prev %d" % self._offset,
            b"/Index [ %s ]" % index,
            b"/Length %d" % len(data),
        ]
        head = b"%d 0 obj\n<<\n%s\n>>\nstream\n" % (number, b"\n".join(lines))
        return head + data + b"\nendstream\nendobj\n\nstartxref\n%d\n" % here + _END

    def _first_id(self) -> bytes:
        return _demanded(re.search(rb"^/ID \[ (<[0-9a-fA-F]*>) <", self._entries, re.MULTILINE))[1]

    def _object(self, number: int) -> bytes:
        """The latest text of an object, first and last line included."""
        start = self._pdf.rfind(b"\n%d 0 obj\n<<\n" % number) + 1
        end = self._pdf.find(b"\n>>\nendobj\n", start)
        if not start or end < 0:
            raise _unarchivable()
        return self._pdf[start : end + len(b"\n>>\nendobj\n")]


def _dss(references: Mapping[bytes, Sequence[int]]) -> bytes:
    lines = [
        b"/%s [ %s ]\n" % (name, b" ".join(b"%d 0 R" % one for one in numbers))
        for name, numbers in references.items()
        if numbers
    ]
    return b"<<\n/Type /DSS\n%s>>" % b"".join(lines)


def _demanded(found: re.Match[bytes] | None) -> re.Match[bytes]:
    if found is None:
        raise _unarchivable()
    return found


def _unarchivable() -> InputError:
    return InputError(
        "the file is not written as this program writes certificates",
        hint="archive the file as it was issued: `certengine cert render NUMBER -o FILE` makes it again",
        code="archive/form",
    )
