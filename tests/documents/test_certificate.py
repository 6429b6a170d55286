"""The certificate as strangers see it: printed, read aloud, extracted, scanned and verified."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from certengine.documents.certificate import render_certificate
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, page_text
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.credential import Credential, Holder, Issuer
from certengine.model.text import Text
from tests.documents.pki import AT, make_pki

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile, and fontTools its collections, to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

FORMAL = Path(__file__).resolve().parents[2] / "templates" / "formal"
CODE = "0W40J2GB1G6GW3RG9H8N5M7K2C"
TYPED = "0W40-J2GB-1G6G-W3RG-M"
TOKEN = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 13)[:389]
ADDRESS = f"HTTPS://VERIFY.EXAMPLE.ORG/C/{CODE}#{TOKEN}"
DATA = '{"name":"张晓明"}'.encode()
CREDENTIAL = Credential(
    number="Y000123000000264000017",
    code=CODE,
    issuer=Issuer(
        id="sample",
        name=Text.of(zh="先进制造样例培训学院", en="Sample Academy of Advanced Manufacturing"),
        domain="verify.example.org",
    ),
    holder=Holder(name="张晓明", name_en="Zhang Xiaoming"),
    title=Text.of(zh="工业机器人系统操作员 高级工", en="Industrial Robot System Operator, Advanced"),
    occupation=Text.of(zh="工业机器人系统操作员", en="Industrial robot system operator"),
    level=Text.of(zh="三级/高级工", en="Level 3 / Advanced worker"),
    scheme="robot-operator-3@1",
    issued_on=date(2026, 11, 20),
    valid_until=date(2031, 11, 19),
    issued_at=datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
    status_index=5,
)


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    """The process's typesetter with its fonts."""
    return Typesetter(prepare_fonts(default_font_cache()))


@pytest.fixture(scope="module")
def templates() -> TemplateFolder:
    """The bundled formal design."""
    return TemplateFolder(FORMAL)


@pytest.fixture(scope="module")
def certificate(typesetter: Typesetter, templates: TemplateFolder) -> bytes:
    """An ordinary certificate, unsigned."""
    return rendered(CREDENTIAL, typesetter, templates)


def rendered(
    credential: Credential,
    typesetter: Typesetter,
    templates: TemplateFolder,
    *,
    specimen: bool = False,
    typed_code: str = TYPED,
) -> bytes:
    """A certificate with a QR code as long as real ones are."""
    return render_certificate(
        credential,
        qr_text=ADDRESS,
        credential_json=DATA,
        typed_code=typed_code,
        templates=templates,
        typesetter=typesetter,
        specimen=specimen,
    )


def named(name: str, name_en: str | None = None) -> Credential:
    """The same certificate for somebody else."""
    return replace(CREDENTIAL, holder=Holder(name=name, name_en=name_en))


def said(*command: str | Path) -> str:
    """What a tool prints, on either stream."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def pictures(pdf: bytes, folder: Path, dpi: int = 100) -> tuple[Image.Image, Image.Image]:
    """The page as Poppler and as MuPDF draw it, in grey."""
    (folder / "page.pdf").write_bytes(pdf)
    said("pdftoppm", "-r", str(dpi), "-png", "-singlefile", folder / "page.pdf", folder / "poppler")
    said("mutool", "draw", "-q", "-r", str(dpi), "-o", folder / "mupdf.png", folder / "page.pdf", "1")
    poppler, mupdf = (Image.open(folder / f"{name}.png").convert("L") for name in ("poppler", "mupdf"))
    return poppler, mupdf.resize(poppler.size)


def ink(picture: Image.Image, box: tuple[float, float, float, float]) -> float:
    """The share of black in a box given in fractions of the page."""
    width, height = picture.size
    part = picture.crop((int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height)))
    histogram = part.histogram()
    return sum(count * (255 - grey) for grey, count in enumerate(histogram)) / 255 / (part.width * part.height)


def roles(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """All elements of the structure tree, in reading order."""
    found: list[pikepdf.Dictionary] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Array):
            for one in node:
                walk(one)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            walk(node.get("/K", pikepdf.Array()))

    walk(pdf.Root.StructTreeRoot.K)
    return found


def test_same_credential_same_bytes(certificate: bytes, typesetter: Typesetter, templates: TemplateFolder) -> None:
    """Rendering again gives the same file, so that a certificate can be recomputed."""
    assert rendered(CREDENTIAL, typesetter, templates) == certificate


def test_other_content_has_another_identifier(
    certificate: bytes, typesetter: Typesetter, templates: TemplateFolder
) -> None:
    """The file identifier follows from the content."""
    other = rendered(replace(CREDENTIAL, number="Y000123000000264000018"), typesetter, templates)
    with pikepdf.open(io.BytesIO(certificate)) as one, pikepdf.open(io.BytesIO(other)) as two:
        assert one.trailer.ID[0] != two.trailer.ID[0]


def test_one_landscape_sheet_of_a4(certificate: bytes) -> None:
    """The certificate is a single A4 page, wide side down."""
    with pikepdf.open(io.BytesIO(certificate)) as pdf:
        sizes = [tuple(round(float(edge) / 72 * 25.4) for edge in page.mediabox) for page in pdf.pages]

    assert sizes == [(0, 0, 297, 210)]


@pytest.mark.parametrize(
    "words",
    [
        "张晓明",
        "Zhang Xiaoming",
        "工业机器人系统操作员 高级工",
        "Industrial Robot System Operator, Advanced",
        "三级/高级工",
        "Level 3 / Advanced worker",
        "Y000123000000264000017",
        "2026年11月20日",
        "20 November 2026",
        "2031年11月19日",
        "19 November 2031",
        "先进制造样例培训学院",
        "Sample Academy of Advanced Manufacturing",
        "verify.example.org",
        TYPED,
        "样本 — 非国家证书",
        "SAMPLE — not a national certificate",
    ],
)
def test_everything_is_printed_as_text(certificate: bytes, words: str) -> None:
    """What a certificate must show can be read, searched and copied, in both languages."""
    assert words.replace(" ", "") in page_text(certificate).replace(" ", "").replace("\r\n", "")


def test_no_end_date_is_said_in_words(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """A certificate without an end says so instead of leaving the place empty."""
    text = page_text(rendered(replace(CREDENTIAL, valid_until=None), typesetter, templates))

    assert "长期有效" in text
    assert "no end date" in text


def test_widest_code_stays_on_one_line(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """A code of nothing but the widest letter is not broken: what breaks at a hyphen is typed wrong."""
    widest = "WWWW-WWWW-WWWW-WWWW-W"

    assert widest in page_text(rendered(CREDENTIAL, typesetter, templates, typed_code=widest))


def test_real_issuer_prints_no_sample_mark(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """Only a sample issuer's certificate carries the sample mark."""
    issuer = replace(CREDENTIAL.issuer, sample=False)

    assert "SAMPLE —" not in page_text(rendered(replace(CREDENTIAL, issuer=issuer), typesetter, templates))


def test_specimen_is_marked_across_the_sheet(
    certificate: bytes, typesetter: Typesetter, templates: TemplateFolder
) -> None:
    """A preview says SPECIMEN 样张; a certificate does not."""
    specimen = page_text(rendered(CREDENTIAL, typesetter, templates, specimen=True))

    assert "SPECIMEN" in specimen
    assert "样张" in specimen
    assert "SPECIMEN" not in page_text(certificate)


def test_qpdf_finds_no_fault(certificate: bytes, tmp_path: Path) -> None:
    """The file is a clean PDF."""
    (tmp_path / "c.pdf").write_bytes(certificate)

    assert "No syntax or stream encoding errors found" in said("qpdf", "--check", tmp_path / "c.pdf")


def test_names_both_standards_in_the_first_rdf(certificate: bytes) -> None:
    """The metadata names PDF/A-3a and PDF/UA-1 in one RDF, and describes the second name as PDF/A demands."""
    with pikepdf.open(io.BytesIO(certificate)) as pdf:
        first, end, rest = pdf.Root.Metadata.read_bytes().decode().partition("</rdf:RDF>")

    assert 'pdfaid:part="3"' in first
    assert 'pdfaid:conformance="A"' in first
    assert 'pdfuaid:part="1"' in first
    assert "pdfaProperty:valueType>Integer<" in first
    assert end
    assert "rdf:RDF" not in rest


def test_metadata_is_readable_xml(certificate: bytes) -> None:
    """The metadata is well-formed and carries the title in Chinese."""
    with pikepdf.open(io.BytesIO(certificate)) as pdf, pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == "工业机器人系统操作员 高级工 · 张晓明 · Y000123000000264000017"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["pdfaid:part"] == "3"


def test_tags_carry_headings_and_labelled_rows(certificate: bytes) -> None:
    """A screen reader finds two headings, five rows whose cells name their label, and the QR code in words."""
    with pikepdf.open(io.BytesIO(certificate)) as pdf:
        elements = roles(pdf)
        kinds = [str(element.S) for element in elements]
        labels = [bytes(element.ID) for element in elements if element.S == "/TH"]
        cells = [bytes(element.A.Headers[0]) for element in elements if element.S == "/TD"]
        figures = [str(element.Alt) for element in elements if element.S == "/Figure"]

        assert (kinds.count("/H1"), kinds.count("/H2"), kinds.count("/TR")) == (1, 1, 5)
        assert (len(labels), cells) == (5, labels)
        assert [CREDENTIAL.number in words for words in figures] == [True]
        assert str(pdf.Root.Lang) == "zh-CN"
        assert bool(pdf.Root.MarkInfo.Marked)


def test_english_is_tagged_as_english(certificate: bytes, tmp_path: Path) -> None:
    """Each English text names its language, and no Chinese text is called English."""
    (tmp_path / "c.pdf").write_bytes(certificate)
    lines = [line.strip() for line in said("pdfinfo", "-struct-text", tmp_path / "c.pdf").splitlines()]
    texts = [line.strip('"') for line in lines if line.startswith('"')]
    with pikepdf.open(io.BytesIO(certificate)) as pdf:
        leaves = [one for one in roles(pdf) if str(one.K[0]).isdigit()]
        tagged = [(text, str(leaf.get("/Lang", "zh-CN"))) for text, leaf in zip(texts, leaves, strict=True)]
    english = {text for text, language in tagged if language == "en"}

    assert {"This is to certify that", "Zhang Xiaoming", "Occupation", "20 November 2026"} <= english
    assert not any("\u4e00" <= char <= "\u9fff" for text in english for char in text)
    assert ("张晓明", "zh-CN") in tagged


def test_credential_is_embedded_as_alternative(certificate: bytes, tmp_path: Path) -> None:
    """Poppler extracts the very bytes of credential.json, which is declared as an alternative of the page."""
    (tmp_path / "c.pdf").write_bytes(certificate)
    said("pdfdetach", "-save", "1", "-o", tmp_path / "found.json", tmp_path / "c.pdf")
    with pikepdf.open(io.BytesIO(certificate)) as pdf:
        (file,) = pdf.Root.AF
        dates = {str(file.EF.F.Params[key]) for key in ("/CreationDate", "/ModDate")}
        relationship = file.AFRelationship

    assert (tmp_path / "found.json").read_bytes() == DATA
    assert relationship == "/Alternative"
    assert len(dates) == 1
    assert dates.pop().startswith("D:20261120083000")


@pytest.mark.parametrize("name", ["张晓明", "喆堃䶮𬭸"])
def test_all_fonts_are_embedded_truetype(
    name: str, typesetter: Typesetter, templates: TemplateFolder, tmp_path: Path
) -> None:
    """Every font is embedded with TrueType outlines and Unicode, which every reader shows, also that of rare letters."""
    (tmp_path / "c.pdf").write_bytes(rendered(named(name), typesetter, templates))
    rows = said("pdffonts", tmp_path / "c.pdf").splitlines()[2:]

    assert rows
    assert [row for row in rows if "CID TrueType" not in row or "yes yes yes" not in row] == []


@pytest.mark.parametrize("name", ["张晓明", "喆堃䶮𬭸", "阿卜杜热合曼·麦麦提吐尔逊", "Maximiliana von Hohenberg"])
def test_two_renderers_draw_the_same(
    name: str, typesetter: Typesetter, templates: TemplateFolder, tmp_path: Path
) -> None:
    """Poppler and MuPDF both draw every character of a name, rare ones too."""
    poppler, mupdf = pictures(rendered(named(name), typesetter, templates), tmp_path)
    line = (0.2, 0.37, 0.8, 0.48)

    assert ink(poppler, line) > 0.02
    assert ink(mupdf, line) == pytest.approx(ink(poppler, line), rel=0.12)
    assert ink(ImageChops.difference(poppler, mupdf).point(lambda grey: 255 - grey), (0, 0, 1, 1)) < 0.05


def test_rare_characters_are_drawn_and_copied(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """Characters outside GB 2312 are copied as themselves."""
    assert "喆堃䶮𬭸" in page_text(rendered(named("喆堃䶮𬭸"), typesetter, templates)).replace(" ", "")


def test_code_is_36_mm_wide(certificate: bytes) -> None:
    """The QR code with its quiet zone is 36 mm wide, which keeps a module of version 13 above 0.43 mm."""
    document = pypdfium2.PdfDocument(certificate)
    (code,) = (thing for thing in document[0].get_objects(max_depth=4) if isinstance(thing, pypdfium2.PdfImage))
    left, bottom, right, top = code.get_bounds()
    document.close()

    assert (right - left) / 72 * 25.4 == pytest.approx(36, abs=0.05)
    assert (top - bottom) / 72 * 25.4 == pytest.approx(36, abs=0.05)
    assert 36 / (69 + 8) > 0.43


@pytest.mark.parametrize("specimen", [False, True])
def test_zbar_reads_the_printed_code(
    specimen: bool, typesetter: Typesetter, templates: TemplateFolder, tmp_path: Path
) -> None:
    """A stranger's reader finds the address on the page at 300 dpi, under the specimen mark too."""
    (tmp_path / "c.pdf").write_bytes(rendered(CREDENTIAL, typesetter, templates, specimen=specimen))
    said("pdftoppm", "-r", "300", "-png", "-singlefile", tmp_path / "c.pdf", tmp_path / "page")

    command = ["zbarimg", "-q", "--raw", "-S*.enable=0", "-Sqrcode.enable=1", str(tmp_path / "page.png")]

    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == ADDRESS


@pytest.mark.parametrize(
    "name",
    [
        "Maximiliana Alexandra von Hohenberg-Schwarzenfeld de la Cruz y Montenegro",
        "阿卜杜热合曼·麦麦提吐尔逊·买买提艾力·阿不都热西提",
        "A" * 60,
        "李",
    ],
)
def test_any_name_stays_on_its_sheet(name: str, typesetter: Typesetter, templates: TemplateFolder) -> None:
    """Very long and very short names are printed in full on the one sheet."""
    pdf = rendered(named(name), typesetter, templates)

    assert name.replace(" ", "") in page_text(pdf).replace("\r\n", "").replace(" ", "").replace("\x02", "-").replace(
        "￾", "-"
    )


def test_names_are_text_not_markup(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """A name with markup in it is printed as it is, and draws nothing."""
    name = '<img src="file:///etc/passwd">'

    assert name.replace(" ", "") in page_text(rendered(named(name), typesetter, templates)).replace(" ", "")


def test_overfull_certificate_is_refused(typesetter: Typesetter, tmp_path: Path) -> None:
    """What does not fit on one sheet is refused, never continued on a second."""
    for name in ("certificate.html", "certificate.css"):
        (tmp_path / name).write_text((FORMAL / name).read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "certificate.css").open("a", encoding="utf-8") as css:
        css.write("h2 { padding-bottom: 60mm; }")

    with pytest.raises(InputError, match="sheets instead of one"):
        rendered(CREDENTIAL, typesetter, TemplateFolder(tmp_path))


def test_a_page_without_end_is_refused_before_it_is_laid_out(typesetter: Typesetter, tmp_path: Path) -> None:
    """A loop in a design that writes a hundred thousand rows is told, instead of laying them out for hours."""
    (tmp_path / "certificate.html").write_text("{% for i in range(99999) %}<p>x</p>{% endfor %}", encoding="utf-8")

    with pytest.raises(InputError, match="799,992 characters of HTML") as caught:
        rendered(CREDENTIAL, typesetter, TemplateFolder(tmp_path))
    assert caught.value.code == "documents/certificate-overflow"


def test_frame_is_drawn_where_the_template_asks(certificate: bytes, typesetter: Typesetter, tmp_path: Path) -> None:
    """Another design without the frame's mark gets no frame."""
    html = (FORMAL / "certificate.html").read_text(encoding="utf-8").replace(' data-frame="guilloche"', "")
    (tmp_path / "certificate.html").write_text(html, encoding="utf-8")
    (tmp_path / "certificate.css").write_text(
        (FORMAL / "certificate.css").read_text(encoding="utf-8"), encoding="utf-8"
    )
    bare = rendered(CREDENTIAL, typesetter, TemplateFolder(tmp_path))
    edge = (0.1, 0.05, 0.9, 0.09)

    assert ink(pictures(bare, tmp_path)[0], edge) == 0
    assert min(ink(picture, edge) for picture in pictures(certificate, tmp_path)) > 0.1


def test_signed_certificate_passes_every_check(certificate: bytes, tmp_path: Path) -> None:
    """Signed, it shows all its evidence to us, and Poppler and MuPDF find nothing changed."""
    pki = make_pki()
    signed = sign_pdf(certificate, PdfSigner(private_key=pki.key, chain=pki.chain), at=AT)
    evidence = gather_evidence(signed, roots=[pki.root], at=AT)
    (tmp_path / "c.pdf").write_bytes(signed)

    assert evidence.problem is None
    assert (evidence.intact, evidence.whole, evidence.trusted) == (True, True, True)
    assert (evidence.credential, evidence.qr_texts) == (DATA, (ADDRESS,))
    assert "Signature is Valid" in said("pdfsig", "-nocert", tmp_path / "c.pdf")
    assert "unchanged since signing" in said("mutool", "sign", "-v", tmp_path / "c.pdf")
    assert "No syntax or stream encoding errors found" in said("qpdf", "--check", tmp_path / "c.pdf")
