"""Certificates for others: badges, JWTs, a package for each holder. Authorities take :mod:`~.official_sheets`.

Badges are taken out of the files that were issued, whose digests the register holds: no key is opened for them, and what is
exported is what was issued. A JWT is signed anew from the register's frozen content.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from certengine.credentials.vc_jwt import badge_jwt
from certengine.documents.pdf_reading import gather_evidence
from certengine.errors import CertengineError, Finding, NotFound
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.finishing import file_name, issued_file
from certengine.services.issuing import FOLDER
from certengine.services.keys import Passphrase, load_keyring, open_signers
from certengine.services.standing import find_certificate
from certengine.store import certificates as store
from certengine.store.certificates import CertificateRecord, CertificateState
from certengine.store.sittings import sitting_ids

_NEVER_ISSUED = {CertificateState.RESERVED, CertificateState.VOID}
_OUT_OF_FORCE = {CertificateState.REVOKED, CertificateState.SUPERSEDED}
_Maker = Callable[[CertificateRecord], tuple[str, bytes]]
"""What makes the file of one certificate: its name and bytes."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class Form(StrEnum):
    """What to export."""

    BADGE = "badge"
    JWT = "jwt"
    ZIP = "zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRun:
    """The files written, and the certificates that could not be exported, each with the reason.

    Attributes:
        left_out: of a sitting, what is out of force for good: nobody hands that out. Named by its number, it is exported.
    """

    files: tuple[Path, ...]
    failed: tuple[Finding, ...]
    left_out: tuple[str, ...] = ()


def export_certificates(
    context: Context,
    named: Sequence[str],
    form: Form,
    output: Path,
    passphrase: Passphrase,
    *,
    issued_in: Path | None = None,
) -> ExportRun:
    """Write what was issued for others, a file for each certificate.

    Args:
        named: numbers, codes or sittings.
        issued_in: the folder of the issued files; the workspace's ``certificates`` by default.

    Raises:
        NotFound: when nothing is called so, or nothing of it was issued.
        Refused: when the role is missing, or for JWTs the passphrase is wrong.
    """
    context.demand_role("keyholder" if form is Form.JWT else "administrator")
    records, left_out = _records(context, named)
    at = context.clock()
    files: list[Path] = []
    failed: list[Finding] = []
    make = _maker(context, form, passphrase, issued_in or context.workspace.root / FOLDER)
    for record in records:
        try:
            name, data = make(record)
        except CertengineError as error:
            message = f"{record.credential.registered_as}: {error.message}"
            hint = error.hint
            if isinstance(error, NotFound) and issued_in is None:
                hint = f"were the files issued into another folder, name it: `--issued-in DIR`; else {hint}"
            failed.append(Finding(code=error.code, message=message, hint=hint))
            continue
        write_whole(output / name, data)
        files.append(output / name)
    with context.writing() as connection:
        context.write_act(connection, at, "cert.export", form.value, files=len(files))
    return ExportRun(files=tuple(files), failed=tuple(failed), left_out=left_out)


def _records(context: Context, named: Sequence[str]) -> tuple[list[CertificateRecord], tuple[str, ...]]:
    """What is exported, in the register's order; and the numbers of what a sitting has besides, out of force."""
    found: list[CertificateRecord] = []
    with context.reading() as connection:
        sittings = set(sitting_ids(connection))
        for one in named:
            if one in sittings:
                found.extend(store.certificates_of(connection, one))
    single = [find_certificate(context, one) for one in named if one not in sittings]
    chosen = {record.id for record in single}
    issued = {record.id: record for record in (*found, *single) if record.state not in _NEVER_ISSUED}
    if not issued:
        raise NotFound(
            f"nothing of {', '.join(f'`{one}`' for one in named)} was issued",
            hint="`certengine cert list` shows what was",
            code="certificate/not-found",
        )
    out = {key for key, record in issued.items() if record.state in _OUT_OF_FORCE and key not in chosen}
    kept = [issued[key] for key in sorted(issued) if key not in out]
    return kept, tuple(issued[key].credential.registered_as for key in sorted(out))


def _maker(context: Context, form: Form, passphrase: Passphrase, folder: Path) -> _Maker:
    if form is Form.JWT:
        signers = open_signers(context, passphrase)

        def jwt(record: CertificateRecord) -> tuple[str, bytes]:
            text = badge_jwt(record.credential, verification_method=signers.method, sign=signers.sign)
            return _name(record, "jwt"), text.encode()

        return jwt
    roots = load_keyring(context).roots
    if form is Form.BADGE:
        return lambda record: (_name(record, "json"), _issued(record, folder, roots)[1])
    return lambda record: (_name(record, "zip"), _package(record, folder, roots))


def _name(record: CertificateRecord, suffix: str) -> str:
    return file_name(record).removesuffix("pdf") + suffix


def _issued(record: CertificateRecord, folder: Path, roots: Sequence[str]) -> tuple[bytes, bytes]:
    """The issued file and the badge in it.

    Raises:
        NotFound: when the file is not there.
        Refused: when it is not the one that was issued.
    """
    pdf = issued_file(folder / file_name(record), record)
    badge = gather_evidence(pdf, roots=roots, at=record.reserved_at, read_qr=False).credential
    assert badge is not None
    return pdf, badge


def _package(record: CertificateRecord, folder: Path, roots: Sequence[str]) -> bytes:
    pdf, badge = _issued(record, folder, roots)
    number = _name(record, "").rstrip(".")
    held = {f"{number}.pdf": pdf, f"{number}.json": badge, "issuer.pem": "".join(roots).encode()}
    proof = (folder / file_name(record)).with_suffix(".tlog-proof")
    if proof.is_file():
        held[proof.name] = proof.read_bytes()
    domain = record.credential.issuer.domain
    held["README.txt"] = _HOW_TO_CHECK.format(number=number, domain=domain).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in sorted(held.items()):
            entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            package.writestr(entry, data)
    return out.getvalue()


_HOW_TO_CHECK = """{number}

您的证书 / Your certificate
  {number}.pdf    证书本身；经电子签名，请原样保存，不要另存或打印成新的 PDF。
                  the certificate; it is signed: keep it as it is, do not save or print it anew as a PDF.
  {number}.json   同一证书的 Open Badges 3.0 数据，可导入数字钱包。
                  the same certificate as an Open Badge 3.0, for a wallet.
  issuer.pem      发证机构的根证书，用于在阅读器中核验签名。
                  the issuer's root certificate, to verify the signature in a PDF reader.
  *.tlog-proof    （如有）签发记录在公开日志中的证明。
                  (where there is one) the proof that the issue stands in the public log.

怎样核验 / How to check it
  1. 打开 https://{domain} ，输入证书上的查询码，或扫描二维码。
     Open https://{domain} and enter the code on the certificate, or scan its QR code.
  2. 用命令 / By command:
       pdfsig {number}.pdf
       mutool sign -v {number}.pdf
       certengine verify {number}.pdf --offline --bundle bundle.json
     bundle.json 向发证机构索取；请与其核对 issuer.pem 的指纹。
     Ask the issuer for bundle.json, and compare the fingerprint of issuer.pem with theirs.
"""
