"""The pages in a real browser: with script, without, on a narrow phone, by keyboard, printed, in both languages."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from certengine.credentials.codes import printed
from certengine.credentials.qr import qr_text, read_qr_text
from certengine.credentials.verdict import judge
from certengine.documents.qr import qr_png
from certengine.model.credential import Credential, Keyring, Presented
from tests.credentials.credential_world import (
    CRED,
    ISSUED_AT,
    KEYRING,
    NOW,
    SPECIMEN,
    STRANGER,
    SigningKey,
    keyring_with,
    on_record,
)
from tests.web.browser import Browser
from tests.web.register import (
    ABSENT,
    EXPIRED,
    FUTURE,
    MARKUP,
    PDF,
    REVOKED,
    SPECIMEN_ONE,
    SUPERSEDED,
    SUSPENDED,
    UNREACHABLE,
    VALID,
    Register,
)
from tests.web.serving import served

pytestmark = pytest.mark.slow

EVERY_PAGE = (
    "/?lang={}",
    *(
        f"/c/{one.code}?lang={{}}"
        for one in (VALID, REVOKED, SUPERSEDED, SUSPENDED, EXPIRED, FUTURE, UNREACHABLE, ABSENT, SPECIMEN_ONE)
    ),
    "/nothing?lang={}",
)
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The sample register."""
    with served() as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser with script."""
    opened = Browser()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Browser]:
    """A browser without script."""
    opened = Browser(script=False)
    yield opened
    opened.close()


def token(credential: Credential, key: SigningKey = CRED) -> str:
    """What stands behind the ``#`` in a certificate's QR code."""
    return qr_text(credential, key.token(credential)).partition("#")[2]


def page(endpoint: str, credential: Credential, fragment: str | None = None, *, lang: str = "en") -> str:
    """The address of a certificate's page as a phone opens it, here with a language."""
    return f"{endpoint}/c/{credential.code}?lang={lang}#{token(credential) if fragment is None else fragment}"


def changed(text: str, at: int) -> str:
    """A text with one other character."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def state(browser: Browser) -> str:
    """The state of the answer shown."""
    return str(browser.one("article.verdict").get_attribute("data-state"))


def test_scanned_certificate_is_checked_here(browser: Browser, endpoint: str) -> None:
    """A scanned address shows the register's answer and, in words, the browser's own, and no part of the token left."""
    browser.sent()
    for lang, words in (("en", "what follows # in the address was not sent"), ("zh", "没有发送给服务器")):
        browser.open(page(endpoint, VALID, lang=lang))

        assert (state(browser), words in browser.text("#local")) == ("valid", True)
    sent = browser.sent()
    assert any(address.endswith("/.well-known/jwks.json") for address in sent)
    assert not [address for address in sent if token(VALID)[:20] in address]
    assert browser.complaints() == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_changed_character_is_not_genuine(browser: Browser, endpoint: str, lang: str) -> None:
    """A changed character takes the register's "valid" back, in title and heading, and nothing of it is shown."""
    browser.open(page(endpoint, VALID, changed(token(VALID), 150), lang=lang))
    heading = {"en": "Not genuine: this was altered", "zh": "不是真件：内容与签发时不一致"}[lang]

    assert (state(browser), browser.text("h1")) == ("tampered", heading)
    assert browser.driver.title.startswith(heading)
    assert "verdict bad" in browser.one("article").get_attribute("class")
    assert "欧阳" not in browser.text("body")


def others(browser: Browser, endpoint: str, credential: Credential, fragment: str) -> tuple[str, str]:
    """The state shown, and that of the browser's own check."""
    browser.open(page(endpoint, credential, fragment))
    return state(browser), str(browser.one("article").get_attribute("data-local"))


def test_each_way_to_be_wrong(browser: Browser, endpoint: str) -> None:
    """Cut off, of another certificate, of a stranger's key, of the specimen key: the worse answer is shown."""
    assert others(browser, endpoint, VALID, token(VALID)[:-9]) == ("unreadable", "unreadable")
    assert others(browser, endpoint, VALID, token(REVOKED)) == ("tampered", "tampered")
    assert others(browser, endpoint, VALID, token(VALID, STRANGER)) == ("unknown", "unknown")
    assert others(browser, endpoint, VALID, token(VALID, SPECIMEN)) == ("unknown", "unknown")
    assert "Specimen" in browser.text("h1")


def test_same_code_with_another_name_is_not_genuine(browser: Browser, endpoint: str) -> None:
    """A token of our own key that says something else than the register does not pass, whichever claim it is."""
    holder = replace(VALID.holder, name="欧阳晓虹")
    for forged in (
        replace(VALID, holder=holder),
        replace(VALID, number="S000026110300002"),
        replace(VALID, valid_until=None),
        replace(VALID, scheme="other@1"),
    ):
        assert others(browser, endpoint, VALID, token(forged)) == ("tampered", "tampered")


def test_good_signature_changes_no_answer_of_the_register(browser: Browser, endpoint: str) -> None:
    """Withdrawn, replaced, suspended, expired, not begun, unknown: a good signature does not mend it."""
    for credential in (REVOKED, SUPERSEDED, SUSPENDED, EXPIRED, FUTURE, ABSENT, SPECIMEN_ONE):
        browser.open(page(endpoint, credential, ""))
        alone = (state(browser), browser.text("h1"))
        browser.open(page(endpoint, credential))
        assert alone == (state(browser), browser.text("h1"))
        assert browser.one("#local").is_displayed()


def test_markup_in_a_token_is_text(browser: Browser) -> None:
    """A signed name with markup is shown as it is."""
    with served(Register(faults={"code"})) as (address, _):
        browser.open(page(address, MARKUP))

        assert '"><script>alert(1)</script>' in browser.text(".holder")
        assert browser.all(".holder b, .holder script") == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_register_down(browser: Browser, lang: str) -> None:
    """With the register out of reach the page still says: signed by us, status not checked, and what was signed."""
    with served(Register(faults={"code"})) as (address, _):
        browser.open(page(address, VALID, lang=lang))
        words = {
            "en": "Signed by us, but its current status could not be checked",
            "zh": "确由本机构签发，但未能查到当前状态",
        }

        assert (state(browser), browser.text("h1")) == ("unchecked", words[lang])
        for shown in (
            "欧阳晓红",
            "OUYANG Xiaohong",
            VALID.number,
            {"en": "21 November 2028", "zh": "2028年11月21日"}[lang],
        ):
            assert shown in browser.text("dl.signed")
        assert browser.text(".holder dd").splitlines() == ["欧阳晓红", "OUYANG Xiaohong"]
        same = {"en": "it is of the code in the address", "zh": "与网址中的核验码一致"}
        assert same[lang] in browser.text("#local .checks")
        browser.open(page(address, replace(VALID, valid_until=None), lang=lang))
        assert {"en": "without end", "zh": "长期有效"}[lang] in browser.text(".valid_until")
        browser.open(page(address, VALID, changed(token(VALID), 150), lang=lang))
        assert state(browser) == "tampered"


def test_key_revoked_later_needs_the_register(browser: Browser) -> None:
    """With the register down, a key that was revoked after it signed proves nothing by itself."""
    keyring = keyring_with(replace(CRED.record, revoked_at=NOW, revocation_reason="compromised"))
    with served(_With(keyring, {"code"})) as (address, _):
        browser.open(page(address, VALID))

        assert (state(browser), "revoked later" in browser.text("#local")) == ("unchecked", True)
        assert browser.all("dl.signed") == []


def test_key_out_of_its_window(browser: Browser) -> None:
    """A signature from before or after the key's window, or from its revocation on, is not one of the issuer."""
    for record in (
        replace(CRED.record, not_before=NOW),
        replace(CRED.record, not_after=ISSUED_AT.replace(year=2025)),
        replace(CRED.record, revoked_at=ISSUED_AT, revocation_reason="compromised"),
    ):
        with served(_With(keyring_with(record), {"code"})) as (address, _):
            browser.open(page(address, VALID))
            assert (state(browser), "not in use" in browser.text("#local")) == ("unknown", True)


class _With(Register):
    """The register with another keyring."""

    def __init__(self, keyring: Keyring, faults: set[str]) -> None:
        super().__init__(faults=faults)
        self._keyring = keyring

    def keyring(self) -> Keyring:
        return self._keyring


def test_keys_out_of_reach(browser: Browser, endpoint: str) -> None:
    """Without the keys the server's answer stands, and the page says that it is the server's."""
    with browser.before_pages("window.fetch = () => Promise.reject(new TypeError('offline'))"):
        browser.open(page(endpoint, VALID))
        assert (state(browser), "could not be fetched" in browser.text("#local-result")) == ("valid", True)
        browser.open(page(endpoint, VALID, token(REVOKED)))
        assert state(browser) == "tampered"


def test_browser_without_ed25519(browser: Browser, endpoint: str) -> None:
    """A browser that cannot check signatures says so, keeps the server's answer, and still compares what is said."""
    with browser.before_pages(
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"
    ):
        browser.open(page(endpoint, VALID))
        assert (state(browser), "Your browser cannot check" in browser.text("#local-result")) == ("valid", True)
        browser.open(page(endpoint, VALID, token(REVOKED)))
        assert state(browser) == "tampered"
        browser.open(page(endpoint, UNREACHABLE))
        assert browser.text("h1") == "Could not be fully checked"


def test_judgement_is_the_servers(browser: Browser, endpoint: str) -> None:
    """For tokens changed, cut, lengthened and spliced at random, script and server come to the same state."""
    choose = random.Random(7)
    tokens = [
        CRED.token(one) for one in (VALID, EXPIRED, FUTURE, replace(VALID, holder=replace(VALID.holder, name_en=None)))
    ]
    tokens += [STRANGER.token(), SPECIMEN.token()]
    base = CRED.token(VALID)
    for _ in range(300):
        at, other = choose.randrange(len(base)), bytearray(base)
        other[at] ^= 1 << choose.randrange(8)
        tokens.append(bytes(other))
        tokens.append(base[:at] + base[at + 1 :])
        tokens.append(base[:at] + bytes([choose.randrange(256)]) + base[at:])
    texts = [f"HTTPS://VERIFY.EXAMPLE.ORG/C/{VALID.code}#{_base32(one)}" for one in tokens]
    expected = [
        judge(read_qr_text(text) or Presented(), keyring=KEYRING, lookup=on_record(), at=NOW).state.value
        for text in texts
    ]
    browser.open(f"{endpoint}/")
    found = browser.run(
        """
        const [fragments, codes, specimens, at] = given;
        const { check } = await import(document.querySelector('link[rel=modulepreload]').href);
        const keys = async () => (await (await fetch('/.well-known/jwks.json')).json()).keys;
        const answers = [];
        for (const [n, fragment] of fragments.entries())
          answers.push((await check(fragment, { keys, specimens, code: codes[n], at, same: () => true })).state);
        return answers;
        """,
        [text.partition("#")[2] for text in texts],
        [VALID.code] * len(texts),
        {SPECIMEN.record.kid: SPECIMEN.record.public},
        NOW.timestamp(),
    )

    assert expected == found
    assert {"unreadable", "tampered", "unknown", "valid"} <= set(expected)


def _base32(data: bytes) -> str:
    import base64

    return base64.b32encode(data).decode().rstrip("=")


def test_strict_cbor_is_the_servers(browser: Browser, endpoint: str) -> None:
    """Other spellings, types, orders and depths of CBOR are refused as the server refuses them."""
    from certengine.credentials.cbor import decode
    from certengine.credentials.strict_json import Unreadable

    cases = (
        "00 17 1818 1817 190100 1900ff 1a00010000 1a0000ffff 1b0000000100000000 1b00000000ffffffff 20 3863 40 4101 42 "
    )
    cases += "5f 60 6161 62c3a9 61ff 63efbbbf 80 8101 82 9f01ff a0 a10102 a201020302 a203020102 a201020102 a1616101 a1"
    cases += (
        " c0 d2 d200 d28101 d3 d818 f4 f6 f7 fb3ff0000000000000 ff 0000 818181818181 8181818101 81818181818101 1c 1f"
    )
    samples = cases.split()

    def known(data: bytes) -> bool:
        try:
            decode(data)
        except Unreadable:
            return False
        return True

    browser.open(f"{endpoint}/")
    found = browser.run(
        """
        const { decodeCbor, Unreadable } = await import(document.querySelector('link[rel=modulepreload]').href);
        return given[0].map((hex) => {
          try { decodeCbor(Uint8Array.from(hex.match(/../g), (one) => parseInt(one, 16))); return true; }
          catch (error) { if (error instanceof Unreadable) return false; throw error; }
        });
        """,
        samples,
    )

    assert [known(bytes.fromhex(one)) for one in samples] == found


def test_base32_has_one_spelling(browser: Browser, endpoint: str) -> None:
    """A fragment is read as the server reads it: no padding, no other length, no spare bits, no other letters."""
    base = token(VALID)
    samples = [base, base.lower(), base + "=", base + "A", base[:-1] + "7", base + "\u00df", base.replace("A", "0")]
    samples += [base[:length] for length in range(len(base) - 16, len(base))]
    known = []
    for text in samples:
        read = read_qr_text(f"https://verify.example.org/c/{VALID.code}#{text}")
        known.append(read is not None and bool(read.token))
    browser.open(f"{endpoint}/")
    found = browser.run(
        """
        const { decodeBase32, Unreadable } = await import(document.querySelector('link[rel=modulepreload]').href);
        return given[0].map((text) => {
          try { decodeBase32(text.toUpperCase()); return true; }
          catch (error) { if (error instanceof Unreadable) return false; throw error; }
        });
        """,
        samples,
    )

    assert known == found
    assert {True, False} == set(known)


def test_typing_the_code(browser: Browser, endpoint: str) -> None:
    """The code printed beside the QR code, typed with its dashes, leads to the certificate's page."""
    browser.open(f"{endpoint}/?lang=en")
    browser.one("#text").send_keys(printed(VALID.code).lower(), "\n")
    browser.wait(lambda: browser.all("article"))

    assert (state(browser), browser.text("h1")) == ("valid", "Valid")


def test_pasting_the_address_sends_no_token(browser: Browser, endpoint: str) -> None:
    """A pasted QR text of this issuer is opened here; one that leads elsewhere is told whose domain is trusted."""
    browser.open(f"{endpoint}/?lang=en")
    browser.sent()
    browser.one("#text").send_keys(qr_text(VALID, CRED.token(VALID)), "\n")
    browser.wait(lambda: browser.all("#local:not([hidden])"))
    browser.settled()
    assert (state(browser), [one for one in browser.sent() if token(VALID)[:20] in one]) == ("valid", [])

    browser.open(f"{endpoint}/?lang=en")
    browser.one("#text").send_keys(qr_text(VALID, CRED.token(VALID)).replace("VERIFY.", "VERIFY-"), "\n")
    browser.wait(lambda: browser.all("article"))
    assert state(browser) == "tampered"
    assert "leads to verify-example.org, but the issuer's address is verify.example.org" in browser.text(".checks")


def test_language_keeps_the_token(browser: Browser, endpoint: str) -> None:
    """Switching the language, and skipping to the content, lose nothing of what was scanned."""
    browser.open(page(endpoint, VALID))
    browser.driver.execute_script("document.querySelector('.skip').click()")
    assert token(VALID) in browser.driver.current_url
    browser.one("nav a").click()
    browser.wait(lambda: browser.text("h1") == "有效")
    browser.settled()

    assert "没有发送给服务器" in browser.text("#local")


def test_uploading(browser: Browser, endpoint: str, tmp_path: Path) -> None:
    """A file chosen from the disk is verified."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(PDF)
    browser.open(f"{endpoint}/?lang=en")
    browser.one("#file").send_keys(str(file))
    browser.one("form[enctype] button").click()
    browser.wait(lambda: browser.all("article"))

    assert (state(browser), browser.text("h1")) == ("valid", "Valid")


def test_dropping_a_file(browser: Browser, endpoint: str) -> None:
    """A file dropped anywhere on the page is verified; a dropped text is not taken for one."""
    browser.open(f"{endpoint}/?lang=en")
    drop = """
        const [name, text] = given;
        const moved = new DataTransfer();
        if (name) moved.items.add(new File([text], name, { type: 'application/pdf' })); else moved.setData('text/plain', text);
        for (const kind of ['dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: moved, bubbles: true, cancelable: true }));
        return document.querySelectorAll('.dropping').length;
    """
    assert browser.run(drop, "", "hello") == 0
    assert browser.all("article") == []
    browser.driver.execute_script(f"(async (...given) => {{ {drop} }})('changed.pdf', '%PDF-1.7 changed')")
    browser.wait(lambda: browser.all("article"))

    assert state(browser) == "tampered"


def test_photograph_of_the_code(browser: Browser, tmp_path: Path) -> None:
    """A picture of the QR code from the camera roll is read by the real reader and verified."""
    picture = tmp_path / "photo.png"
    picture.write_bytes(_enlarged(qr_png(qr_text(VALID, CRED.token(VALID)))))
    with served(reading="certengine.web.foreign") as (address, _):
        browser.open(f"{address}/?lang=zh")
        browser.one("#file").send_keys(str(picture))
        browser.one("form[enctype] button").click()
        browser.wait(lambda: browser.all("article"))

        assert (state(browser), browser.text("h1")) == ("valid", "有效")


def _enlarged(png: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as small:
        out = io.BytesIO()
        small.convert("L").resize((small.width * 5, small.height * 5)).save(out, "PNG")
    return out.getvalue()


def test_without_script(plain: Browser, endpoint: str, tmp_path: Path) -> None:
    """Without script everything but the check in the browser works as with it."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(b"%PDF-1.7 changed")
    plain.driver.get(page(endpoint, VALID))
    assert (plain.text("h1"), plain.text("#local"), plain.text(".pending")) == ("Valid", "", "")
    plain.driver.get(f"{endpoint}/?lang=en")
    plain.one("#text").send_keys(printed(REVOKED.code), "\n")
    plain.wait(lambda: plain.driver.title.startswith("Withdrawn on 1 February 2027"))
    plain.one("#file").send_keys(str(file))
    plain.one("form[enctype] button").click()
    plain.wait(lambda: plain.driver.title.startswith("Not genuine: this was altered"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_narrow_pages_do_not_scroll_sideways(browser: Browser, endpoint: str, lang: str) -> None:
    """At 320 pixels every page fits its width, scanned or not."""
    browser.resize(320)
    try:
        addresses = [endpoint + one.format(lang) for one in EVERY_PAGE]
        addresses += [page(endpoint, VALID, lang=lang), page(endpoint, VALID, token(REVOKED), lang=lang)]
        wide = []
        for address in addresses:
            browser.open(address)
            if browser.driver.execute_script("return document.documentElement.scrollWidth") > 320:
                wide.append(address)
        assert wide == []
    finally:
        browser.resize(1200)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(browser: Browser, endpoint: str, lang: str, dark: bool) -> None:
    """axe-core has nothing against any page, in the light or in the dark."""
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    try:
        addresses = [endpoint + one.format(lang) for one in EVERY_PAGE]
        addresses += [page(endpoint, VALID, lang=lang), page(endpoint, VALID, token(REVOKED), lang=lang)]
        found = {}
        for address in addresses:
            browser.open(address)
            browser.driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            complaints = browser.axe()
            if complaints:
                found[address] = complaints
        assert found == {}
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_by_keyboard_alone(browser: Browser, endpoint: str) -> None:
    """Tab reaches everything in order, each with a visible focus, and Enter looks a code up."""
    from selenium.webdriver.common.keys import Keys

    browser.open(f"{endpoint}/?lang=en")
    reached, outlines = [], []
    for _ in range(7):
        browser.press(Keys.TAB)
        found = browser.driver.execute_script(
            "const one = document.activeElement, style = getComputedStyle(one);"
            "return [one.id || one.className || one.textContent.trim(), style.outlineStyle, parseFloat(style.outlineWidth)]"
        )
        reached.append(found[0])
        outlines.append((found[1], found[2]))
    assert reached[0] == "skip"
    assert [one for one in reached if one in {"text", "Look up", "file", "Check the file"}] == [
        "text",
        "Look up",
        "file",
        "Check the file",
    ]
    assert {("solid", 3)} == set(outlines)
    browser.one("#text").send_keys(printed(VALID.code), Keys.ENTER)
    browser.wait(lambda: browser.all("article"))
    assert state(browser) == "valid"


def test_nothing_moves_while_checking(browser: Browser, endpoint: str) -> None:
    """The answer appears at once and in place: no layout shift, whichever way the check ends."""
    shifts = (
        "window.shifted = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.shifted += one.value; }).observe({ type: 'layout-shift', buffered: true })"
    )
    with browser.before_pages(shifts):
        for fragment in (None, changed(token(VALID), 150), token(VALID)[:-9], ""):
            browser.open(page(endpoint, VALID, fragment))
            assert browser.run("await new Promise((done) => setTimeout(done, 200)); return window.shifted") == 0


def test_no_wrong_valid_flashes_by(browser: Browser, endpoint: str) -> None:
    """While the keys are on their way nothing is shown as an answer, only that it is being checked."""
    with browser.before_pages(
        "const real = fetch; window.fetch = (...all) =>"
        " new Promise((done) => { window.go = () => done(real(...all)); })"
    ):
        browser.driver.get("about:blank")
        browser.driver.get(page(endpoint, VALID, changed(token(VALID), 150)))
        browser.wait(lambda: browser.driver.execute_script("return Boolean(window.go)"))
        assert (browser.text("h1"), "Checking" in browser.text(".pending")) == ("", True)
        browser.driver.execute_script("window.go()")
        browser.settled()
        assert browser.text("h1") == "Not genuine: this was altered"


@pytest.mark.parametrize("width", [320, 360, 390, 1280])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_keep_their_date_on_one_line(browser: Browser, endpoint: str, lang: str, width: int) -> None:
    """A heading breaks before or after its date, never within, and shows all of the longest there is."""
    browser.resize(width)
    seen = """
        const [day, longest] = arguments;
        if (longest) day.textContent = longest;
        const head = day.closest('.state').getBoundingClientRect(), one = day.getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(day);
        const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size;
        return [lines, one.left >= head.left && one.right <= head.right - 8];
    """
    longest = {"en": "22 September 2026", "zh": "2026年12月31日"}[lang]
    for one in (REVOKED, SUPERSEDED, SUSPENDED, EXPIRED, FUTURE):
        browser.open(f"{endpoint}/c/{one.code}?lang={lang}")
        (day,) = browser.all("h1 .day")

        assert browser.driver.execute_script(seen, day, None) == [1, True]
        assert browser.driver.execute_script(seen, day, longest) == [1, True]
        assert not browser.driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
    browser.resize(1200)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_print_view(browser: Browser, endpoint: str, lang: str) -> None:
    """Printed, the answer, the certificate's content and every check are there, and no form."""
    browser.open(page(endpoint, VALID, lang=lang))
    with pypdfium2.PdfDocument(browser.printed()) as printed_page:
        text = " ".join("".join(one.get_textpage().get_text_range() for one in printed_page).split())
    shown = {
        "en": ("Valid", "22 November 2026", "Register", "was not sent"),
        "zh": ("有效", "2026年11月22日", "登记状态", "没有发送"),
    }
    forms = {"en": ("Look up", "Check the file"), "zh": ("查询", "核验文件")}

    assert [word for word in (*shown[lang], VALID.number, "OUYANG Xiaohong") if word not in text] == []
    assert [word for word in forms[lang] if word in text] == []


def test_both_languages_by_the_browsers_own(endpoint: str) -> None:
    """A browser set to Chinese or to English gets its language without asking."""
    for language, words in (("zh-CN", "有效"), ("en-GB", "Valid")):
        opened = Browser(language=language)
        try:
            opened.open(f"{endpoint}/c/{VALID.code}")
            assert (opened.text("h1"), opened.one("html").get_attribute("lang")) == (words, language[:2])
        finally:
            opened.close()


def test_every_word_is_used(browser: Browser, endpoint: str) -> None:
    """The page carries no words that the script does not know."""
    browser.open(page(endpoint, VALID, ""))
    words: dict[str, Any] = json.loads(str(browser.one("#local").get_attribute("data-words")))
    sources = "document.querySelector('script').src, document.querySelector('link[rel=modulepreload]').href"
    script = browser.run(
        f"return (await Promise.all([{sources}].map(async (one) => (await fetch(one)).text()))).join()"
    )

    for kind in ("details", "sentences"):
        assert [key for key in words[kind] if f'"{key}"' not in script] == []
