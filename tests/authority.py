"""Time-stamping authorities for tests: OpenSSL's, and one whose clock and faults are chosen; both over real HTTP."""

from __future__ import annotations

import base64
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certengine.documents.time_stamps import Reply

DAY = timedelta(days=1)

_CONF = """
[tsa]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority's key, its certificate, and the root it is trusted by."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey

    @property
    def anchor(self) -> str:
        """The root, PEM."""
        return self.root.public_bytes(Encoding.PEM).decode()


@dataclass(slots=True, kw_only=True)
class Faults:
    """What an authority does wrong, if anything."""

    nonce: bool = False
    digest: bool = False
    refuses: bool = False
    spoils: bool = False
    status: int = 200
    body: bytes | None = None
    waits: float = 0
    drips: float = 0
    asked: list[Any] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)


def make_authority(name: str = "Stamps", *, start: datetime | None = None, days: int = 3650) -> Authority:
    """A root and a certificate under it that may stamp, and nothing else (RFC 3161 2.3)."""
    start = start or datetime.now(UTC) - 30 * DAY
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    until = start + 20 * 365 * DAY
    root = _certificate(f"{name} Root", root_key, f"{name} Root", root_key, (start, until), ca=True)
    leaf = _certificate(f"{name} Unit", key, f"{name} Root", root_key, (start, start + days * DAY), ca=False)
    return Authority(key=key, certificate=leaf, root=root, root_key=root_key)


def empty_crl(authority: Authority, at: datetime, *, days: int = 3650) -> bytes:
    """The authority's list of certificates withdrawn: none; PEM."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.root.subject)
    builder = builder.last_update(at).next_update(at + days * DAY)
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    return builder.sign(authority.root_key, SHA256()).public_bytes(Encoding.PEM)


def stamp(authority: Authority, digest: bytes, *, at: datetime, nonce: int | None = None) -> bytes:
    """A time stamp over a digest by an authority, stating whatever time; DER."""
    leaf = asn1_x509.Certificate.load(authority.certificate.public_bytes(Encoding.DER))
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4.1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "serial_number": int.from_bytes(sha256(digest + str(at).encode()).digest()[:8]),
            "gen_time": at.replace(microsecond=0),
            **({"nonce": nonce} if nonce is not None else {}),
        }
    )
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())}
    )
    named = {"certs": [{"cert_hash": sha256(leaf.dump()).digest()}]}
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [sha256(info.dump()).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ]
    )
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}},
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": authority.key.sign(attributes.dump(), ec.ECDSA(SHA256())),
    }
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": content,
        "certificates": [leaf],
        "signer_infos": [signer],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def reply_of(authority: Authority, query: bytes, at: datetime, faults: Faults) -> bytes:
    """What an authority answers a query, with the faults it is to have."""
    if faults.body is not None:
        return faults.body
    if faults.refuses:
        status = {"status": "rejection", "status_string": ["no more credit"], "fail_info": {"bad_request"}}
        return bytes(Reply({"status": status}).dump())
    request = tsp.TimeStampReq.load(query, strict=True)
    digest, nonce = request["message_imprint"]["hashed_message"].native, request["nonce"].native
    token = stamp(
        authority,
        sha256(b"another").digest() if faults.digest else digest,
        at=at,
        nonce=nonce + 1 if faults.nonce else nonce,
    )
    if faults.spoils:
        token = token[:-1] + bytes([token[-1] ^ 1])
    answer = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(Reply(answer).dump())


@contextmanager
def serving(
    authority: Authority, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), faults: Faults | None = None
) -> Iterator[str]:
    """An authority of chosen clock and faults; gives its address."""
    wrong = faults or Faults()
    with _server(lambda query: reply_of(authority, query, clock(), wrong), wrong) as url:
        yield url


@contextmanager
def openssl_serving(authority: Authority, folder: Path) -> Iterator[str]:
    """OpenSSL's authority (``openssl ts -reply``), by the real clock; gives its address."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serial").write_text("01\n")
    (folder / "conf").write_text(_CONF.format(folder=folder))
    (folder / "unit.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_text(authority.anchor)
    (folder / "key.pem").write_bytes(
        authority.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    one_at_a_time = threading.Lock()

    def answer(query: bytes) -> bytes:
        with one_at_a_time:
            (folder / "query").write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", "conf", "-section", "tsa", "-queryfile", "query"]
            command += ["-signer", "unit.pem", "-inkey", "key.pem", "-chain", "root.pem", "-out", "reply"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            return (folder / "reply").read_bytes()

    with _server(answer, Faults()) as url:
        yield url


@contextmanager
def _server(answer: Callable[[bytes], bytes], faults: Faults) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            faults.asked.append(query)
            faults.authorization.append(self.headers["Authorization"])
            time.sleep(faults.waits)
            body = answer(query)
            self.send_response(faults.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if not faults.drips:
                    self.wfile.write(body)
                for byte in body if faults.drips else b"":
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(faults.drips)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def basic(name_and_password: str) -> str:
    """The header of a name and password."""
    return "Basic " + base64.b64encode(name_and_password.encode()).decode()


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    window: tuple[datetime, datetime],
    *,
    ca: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(window[0])
        .not_valid_after(window[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    builder = builder.add_extension(
        x509.KeyUsage(digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **usage),
        critical=True,
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, SHA256())
