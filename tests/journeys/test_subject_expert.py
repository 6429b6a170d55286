"""The subject expert's journey: questions out of two other programs into a bank, mended, published, given away and back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.cli.running import certengine, done

pytestmark = pytest.mark.slow

GIFT = """$CATEGORY: $course$/top/Safety

::S1::Before work on a drive you {
    =isolate, lock and prove dead
    ~press the emergency stop####EN 50110-1, the five safety rules.
}

::S2::A frequency converter may hold a charge after isolation. {T####Its capacitors discharge within minutes.}

::S3::How long, in s, do 5 time constants last at \\(R C = 2\\) s? {#10:0.1}

::S4::Why is an emergency stop no isolation? {}
"""

QTI = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="D1" title="Slip"
  adaptive="false" timeDependent="false">
  <responseDeclaration identifier="R" cardinality="single" baseType="identifier">
    <correctResponse><value>b</value></correctResponse></responseDeclaration>
  <itemBody>
    <p>With <math xmlns="http://www.w3.org/1998/Math/MathML"><msub><mi>n</mi><mi>s</mi></msub></math> the synchronous
      speed, slip is</p>
    <choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1">
      <simpleChoice identifier="a"><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>n</mi></math></simpleChoice>
      <simpleChoice identifier="b"><math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac>
        <mrow><msub><mi>n</mi><mi>s</mi></msub><mo>-</mo><mi>n</mi></mrow>
        <msub><mi>n</mi><mi>s</mi></msub></mfrac></math><script>steal()</script></simpleChoice>
    </choiceInteraction>
  </itemBody>
</assessmentItem>"""

MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M"><organizations/><resources>
<resource identifier="R1" type="imsqti_item_xmlv2p1" href="slip.xml"><file href="slip.xml"/></resource>
</resources></manifest>"""


def mended(root: Path) -> None:
    """What the expert adds in the files: who reviewed, what each key rests on, and that the items are in use."""
    for path in (root / "question_banks" / "drives" / "items").glob("*.yaml"):
        text = path.read_text("utf-8")
        facts = 'reviewer: "wang-min"\n    provenance: {against: {en: "IEC 60204-1"}, checked_by: "wang-min", checked_on: 2026-11-20}'
        path.write_text(text.replace("status: draft", f"status: active\n    {facts}"), encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a GIFT file and a QTI package beside its banks."""
    folder = tmp_path_factory.mktemp("expert")
    done("init", folder / "academy", cwd=folder)
    (folder / "academy" / "safety.gift").write_text(GIFT, encoding="utf-8")
    with zipfile.ZipFile(folder / "academy" / "drives.zip", "w") as package:
        package.writestr("imsmanifest.xml", MANIFEST)
        package.writestr("slip.xml", QTI)
    return folder / "academy"


def test_questions_of_two_programs_become_a_published_bank_and_come_back(root: Path) -> None:
    """Import, check, mend, publish, export, import again: what comes back is what was published, as drafts."""
    taken = done("bank", "import", "safety.gift", "drives.zip", "--bank", "drives", "--language", "en", cwd=root)
    assert "safety.gift (GIFT): 4 items imported" in taken.out
    assert "drives.zip (QTI 2.1): 1 item imported" in taken.out
    assert "cleaned: active or embedded content: `<script>` and what it holds were taken away (D1)" in taken.out
    assert taken.hint.startswith("`certengine bank check drives`")

    assert certengine("bank", "publish", "drives", cwd=root).code != 0  # nothing is reviewed yet
    mended(root)
    done("bank", "check", "drives", cwd=root)
    assert "drives" in done("bank", "publish", "drives", "-m", "first", cwd=root).out
    shown = done("bank", "show", "drives", "D1", "--key", cwd=root)
    assert "steal" not in shown.out

    for format_ in ("qti3", "moodle"):
        given = done("bank", "export", "drives", "-o", "out", "--format", format_, "--json", cwd=root).document
        assert (given["items"], given["left_out"]) == (5, [])
        again = done("bank", "import", given["file"], "--bank", f"again-{format_}", "--json", cwd=root).document
        assert {loss["feature"] for loss in again["sources"][0]["losses"]} == {"status", "reviewer"}
        before = {item["item"]: item for item in done("bank", "show", "drives", "--json", cwd=root).document["items"]}
        after = {
            item["item"]: item
            for item in done("bank", "show", f"again-{format_}", "--json", cwd=root).document["items"]
        }
        assert after == {id_: item | {"status": "draft"} for id_, item in before.items()}

    ran = certengine("bank", "export", "drives", "-o", "drives.gift", "-v", cwd=root)
    assert ran.code == 0  # every kind has a form there; the formula is words
    assert "`D1`: options kept aside: formulas, program text, tables and stress are plain text there" in ran.out
    visible = [line for line in (root / "drives.gift").read_text("utf-8").splitlines() if not line.startswith("//")]
    assert not any("frac" in line or "$" in line.replace("$CATEGORY: $course$", "") for line in visible)
