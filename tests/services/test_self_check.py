"""What is made is looked at before it counts: by two readers, and at all four places that say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from certengine.credentials.token import encode_token
from certengine.documents.pdf_reading import page_text, seen_on_page
from certengine.documents.second_reader import text_by_poppler
from certengine.errors import InputError, Refused
from certengine.model.credential import Holder
from certengine.services import certificate_making
from certengine.services.certificate_making import CertificateMaker
from certengine.services.finishing import certificate_design
from certengine.services.keys import open_signers
from certengine.services.standing import list_certificates
from tests.services.small_world import acting, passphrase

At = Callable[[str], Path]
pytestmark = pytest.mark.slow


def test_both_readers_see_the_same_page(at: At) -> None:
    """Text and QR code as the whole page shows them, from its pictures alone."""
    root = at("issued")
    pdf = (root / "certificates" / "S2630001.pdf").read_bytes()
    text, codes = seen_on_page(pdf)
    second = text_by_poppler(pdf)

    assert text == page_text(pdf)
    assert [code[:8] for code in codes] == ["HTTPS://"]
    assert second is not None
    assert "陈晓" in "".join(second.split())
    with pytest.raises(InputError):
        seen_on_page(b"%PDF-1.7 nothing")
    assert text_by_poppler(b"nothing") == ""


def test_what_the_second_reader_cannot_read_is_not_issued(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of a design, and every rare name, are read twice; the others once."""
    root = at("issued")
    asked: list[int] = []

    def sees_nothing(pdf: bytes) -> str:
        asked.append(len(pdf))
        return ""

    monkeypatch.setattr(certificate_making, "text_by_poppler", sees_nothing)
    pdf = (root / "certificates" / "S2630001.pdf").read_bytes()
    with acting(root) as context:
        maker = CertificateMaker(context, open_signers(context, passphrase))
        credential = list_certificates(context)[0].credential
        with pytest.raises(Refused) as error:
            maker.check(pdf, credential, "formal")
        maker.check(pdf, credential, "formal")
        rare = replace(credential, holder=replace(credential.holder, name="䶮"))
        with pytest.raises(Refused):
            maker.check(pdf, rare, "formal")
    assert (error.value.code, len(asked)) == ("certificate/self-check", 2)


def test_a_token_that_says_something_else_is_not_issued(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The QR code of one name in the page of another: the parts are held against each other."""
    root = at("issued")
    with acting(root) as context:
        maker = CertificateMaker(context, open_signers(context, passphrase))
        record = list_certificates(context)[0]

        def another(credential: object, **keys: object) -> bytes:
            holder = replace(record.credential.holder, name="别人")
            return encode_token(replace(record.credential, holder=holder), **keys)  # type: ignore[arg-type]

        monkeypatch.setattr(certificate_making, "encode_token", another)
        pdf, _ = maker.make(record, certificate_design(context, "formal"))
        with pytest.raises(Refused) as error:
            maker.check(pdf, record.credential, "formal")
    assert "same-claims" in error.value.message


def test_a_badge_that_says_something_else_is_not_issued(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Likewise the embedded credential."""
    root = at("issued")
    with acting(root) as context:
        maker = CertificateMaker(context, open_signers(context, passphrase))
        record = list_certificates(context)[0]
        right = certificate_making.credential_json

        def another(credential: object, **keys: object) -> bytes:
            return right(replace(record.credential, status_index=7), **keys)  # type: ignore[arg-type]

        monkeypatch.setattr(certificate_making, "credential_json", another)
        pdf, _ = maker.make(record, certificate_design(context, "formal"))
        with pytest.raises(Refused) as error:
            maker.check(pdf, record.credential, "formal")
    assert "same-claims" in error.value.message


LONG = "Maximiliana Alexandra von Hohenberg-Schwarzenfeld y Montenegro de los Santos"


@pytest.mark.parametrize(
    "name", ["عبد الرحمن الأنصاري", "محمد 王明", "דוד בן־גוריון", "Nguyễn Thị Hà", "喆堃䶮𬭸", LONG]
)
def test_names_of_every_script_pass(name: str, at: At) -> None:
    """Both readers give them back: lam with alef, two directions on one line, points and accents, rare characters, a line that ends with a hyphen."""
    root = at("issued")
    with acting(root) as context:
        maker = CertificateMaker(context, open_signers(context, passphrase))
        record = list_certificates(context)[0]
        credential = replace(record.credential, holder=Holder(name=name))
        pdf, _ = maker.make(replace(record, credential=credential), certificate_design(context, "formal"))
        maker.check(pdf, credential, "formal")
