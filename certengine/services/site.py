"""``export-site``: the look-up as plain files, signed, for any web server or content network, without script.

**How pages are named, and why.** A QR code leads to ``/C/<CODE>`` and a static server maps an address to a file
letter by letter, so a certificate's page is ``C/<CODE>/index.html``, and once more under the code as printed for
typing (``C/ABCD-EFGH-.../index.html``). The register's rule that a mirror holds no codes was weighed and given up
*here*, for these reasons:

- A file named by the code's *digest* needs somebody to compute it. A server that hashes is no longer "any web
  server"; a script in the page fails without script, for ``curl``, and for whoever reads the JSON.
- It would protect nothing. Whoever can read or list the folder reads every page under whatever name, and a page tells
  all that its code could open. Only *encrypting* each page with its code would change that, at the price of script.
- So what must not happen is *listing*, and that is prevented where it can be: the folder ``C`` may be entered and not
  listed (mode 711), holds an index page of its own, is closed to robots and every page is ``noindex``; and the
  manifest, which is public, names pages by the digests of their codes. A copy of the folder is personal data: give it
  to a server that you would give the list of your certificates to, and to no other.

Addresses are capitals, as printed; a server may rewrite ``/c/`` to ``/C/``. Invariants:

1. Every file of the mirror is in ``manifest.json`` with its digest, signed by the ``cred`` key;
   ``site_manifest.check_site`` holds a folder against it. The manifest is written last: a mirror half renewed is found
   out.
2. A page whose answer has not changed keeps its bytes; one that was altered, or whose design changed, is made anew.
3. A certificate that is not, or no longer, on record as issued has no page. One that cannot be judged has none either,
   and is reported: nothing is mirrored that the register itself would not say.
4. Only folders that are empty or are mirrors of this issuer are written to, and only pages of certificates are removed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from certengine.canonical import Json, canonical_bytes, digest_of_bytes
from certengine.credentials.bundle import make_bundle
from certengine.credentials.codes import printed, read_code
from certengine.credentials.keyring import did_document, jwks, keyring_bytes
from certengine.credentials.report import verdict_json
from certengine.documents.mirror_pages import MirrorPages
from certengine.errors import InputError, Refused
from certengine.model.credential import Keyring, State, Verdict
from certengine.services.context import Context
from certengine.services.files import PUBLIC_FILE, write_whole
from certengine.services.keys import Passphrase, Signers, open_signers
from certengine.services.register import register_source
from certengine.services.site_manifest import (
    CODES,
    MANIFEST,
    Manifest,
    digest_at,
    make_manifest,
    public_name,
    read_manifest,
)
from certengine.services.transparency import CHECKPOINT, log_files, publish_log
from certengine.services.trust import BUNDLE_VALIDITY, LIST_VALIDITY, published_lists, status_lists
from certengine.services.verification import verify_text
from certengine.store import certificates as store
from certengine.store.certificates import CertificateState
from certengine.workspace.folders import bundled_root

_ENTERED_NOT_LISTED = 0o711
_ROBOTS = f"User-agent: *\nDisallow: /{CODES}/\nDisallow: /{CODES.lower()}/\n".encode()
_NOT_ISSUED = frozenset({CertificateState.RESERVED, CertificateState.VOID})
#: States that say nothing of this certificate but that it could not be judged.
_NO_ANSWER = frozenset({State.UNREADABLE, State.TAMPERED, State.UNKNOWN, State.UNCHECKED})

RenderPage = Callable[[Verdict], str]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteExport:
    """What an export did.

    Attributes:
        certificates: how many have a page now; ``written`` and ``kept`` count theirs made anew and left as they were.
        removed: files of certificates that have no page any more.
        failed: numbers of certificates on record that could not be judged.
        valid_until: when status lists and manifest end; export again before.
    """

    folder: Path
    certificates: int
    written: int
    kept: int
    removed: int
    failed: tuple[str, ...]
    made_at: datetime
    valid_until: datetime


@dataclass(slots=True)
class _Mirror:
    """The folder while it is renewed: every file placed goes into the manifest."""

    folder: Path
    before: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)

    def place(self, path: str, data: bytes) -> None:
        """Put a file in its place; one that has these bytes already is not touched."""
        found = digest_of_bytes(data)
        target = self.folder / path
        if digest_at(target) != found:
            _write(target, data)
        self.files[public_name(path)] = found

    def keep(self, paths: list[str]) -> bool:
        """Keep files as they are, if all are still what the last manifest says."""
        names = {public_name(path): digest_at(self.folder / path) for path in paths}
        if any(found is None or self.before.get(name) != found for name, found in names.items()):
            return False
        self.files |= {name: found for name, found in names.items() if found is not None}
        return True


def export_site(
    context: Context,
    output: Path,
    passphrase: Passphrase,
    *,
    render_page: RenderPage | None = None,
    design: str = "",
    progress: Progress = lambda _done, _total: None,
) -> SiteExport:
    """Write or renew the mirror of a workspace's register.

    Args:
        output: the folder a web server serves as its root.
        render_page: makes the HTML of a verdict; by default a page in both languages without script.
        design: names what ``render_page`` looks like; when it changes, all pages are made anew.

    Raises:
        NotFound: when there are no keys.
        Refused: when the folder holds something else, the passphrase is wrong, no key is usable, or nothing can be
            written.
    """
    context.demand_role("keyholder")
    at = context.clock()
    secret = passphrase()
    signers = open_signers(context, lambda: secret)
    lists = published_lists(context, signers, secret, at)
    pages = MirrorPages(bundled_root() / "templates" / "formal", signers.keyring.issuer)
    look = design if render_page is not None else pages.design
    before = _demand_ours(output, signers.keyring)
    same_look = before is not None and before.design == look
    mirror = _Mirror(folder=output, before=before.files if before is not None and same_look else {})
    with context.reading() as connection:
        records = [
            one for one in store.certificates_of(connection) if one.state not in _NOT_ISSUED and one.credential.code
        ]
    _open_folder(output)
    source = register_source(context)
    kept, failed, expected = 0, [], {"index.html"}
    for done, record in enumerate(records, start=1):
        code = record.credential.code
        verdict = verify_text(code, source, at=at)
        if verdict.state in _NO_ANSWER:
            failed.append(record.credential.number)
        else:
            kept += _certificate(mirror, code, verdict, render_page or pages.verdict)
            expected |= {code, f"{code}.json", printed(code)}
        progress(done, len(records))
    _shared_files(mirror, context, signers, pages, lists, at)
    removed = _remove_others(output / CODES, expected)
    until = at + LIST_VALIDITY
    write_whole(output / MANIFEST, make_manifest(mirror.files, signers, design=look, at=at, until=until))
    with context.writing() as connection:
        context.write_act(connection, at, "site.export", "mirror", certificates=len(records) - len(failed))
    count = len(records) - len(failed)
    return SiteExport(
        folder=output,
        certificates=count,
        written=count - kept,
        kept=kept,
        removed=removed,
        failed=tuple(failed),
        made_at=at,
        valid_until=until,
    )


def _certificate(mirror: _Mirror, code: str, verdict: Verdict, render_page: RenderPage) -> bool:
    """The files of one certificate; tells whether they were kept as they were."""
    data, *pages = paths = [f"{CODES}/{code}.json", f"{CODES}/{code}/index.html", f"{CODES}/{printed(code)}/index.html"]
    answer = verdict_json(verdict)
    if _substance(_json_at(mirror.folder / data)) == _substance(answer) and mirror.keep(paths):
        return True
    html = render_page(verdict).encode()
    mirror.place(data, canonical_bytes(answer))
    for page in pages:
        mirror.place(page, html)
    return False


def _substance(answer: Json) -> Json:
    """What of an answer must change for its page to change: not the time it was given, nor sentences that tell it."""
    if not isinstance(answer, dict):
        return None
    status = answer.get("status")
    checks = answer.get("checks")
    return {
        **{name: value for name, value in answer.items() if name not in {"checked_at", "checks", "status"}},
        "checks": [[one["id"], one["outcome"]] for one in checks if isinstance(one, dict)]
        if isinstance(checks, list)
        else [],
        "status": {name: value for name, value in status.items() if name != "known_at"}
        if isinstance(status, dict)
        else None,
    }


def _shared_files(
    mirror: _Mirror,
    context: Context,
    signers: Signers,
    pages: MirrorPages,
    lists: Sequence[tuple[str, bytes]],
    at: datetime,
) -> None:
    keyring = signers.keyring
    bundle = make_bundle(
        keyring,
        tuple(data for _, data in status_lists(context, signers, at)),
        made_at=at,
        valid_until=at + BUNDLE_VALIDITY,
        verification_method=signers.method,
        sign=signers.sign,
    )
    missing = pages.not_found().encode()
    shared: dict[str, bytes] = {
        "index.html": pages.home().encode(),
        "404.html": missing,
        f"{CODES}/index.html": missing,
        "as-of.html": pages.as_of(at, at + LIST_VALIDITY).encode(),
        "robots.txt": _ROBOTS,
        ".well-known/jwks.json": canonical_bytes(jwks(keyring)),
        ".well-known/did.json": canonical_bytes(did_document(keyring)),
        "trust/issuer.pem": "".join(keyring.roots).encode(),
        "trust/keyring.json": keyring_bytes(keyring),
        "trust/bundle.json": bundle,
        **{f"static/{name}": data for name, data in pages.styles},
        **{f"status/{name}": data for name, data in lists},
    }
    for path, data in shared.items():
        mirror.place(path, data)
    _log(mirror, context, signers)


def _log(mirror: _Mirror, context: Context, signers: Signers) -> None:
    """The transparency log, as the endpoint serves it; the checkpoint last."""
    published = publish_log(context, signers)
    if published is None:
        return
    with context.reading() as connection:
        for path, data in log_files(connection, published.checkpoint.size):
            mirror.place(f"log/{path}", data)
    mirror.place(f"log/{CHECKPOINT}", published.checkpoint.text.encode())


def _demand_ours(folder: Path, keyring: Keyring) -> Manifest | None:
    """The last manifest; ``None`` in an empty folder, or when it does not hold and everything is made anew."""
    if not folder.exists() or not any(folder.iterdir()):
        return None
    claimed = _json_at(folder / MANIFEST)
    if not isinstance(claimed, dict) or claimed.get("issuer") != keyring.issuer.id:
        raise Refused(
            f"`{folder}` holds something else than a mirror of this issuer",
            hint="name a new or an empty folder",
            code="site/not-ours",
        )
    try:
        return read_manifest(folder, keyring)
    except InputError:
        return None


def _open_folder(output: Path) -> None:
    codes = output / CODES
    try:
        codes.mkdir(parents=True, exist_ok=True)
        codes.chmod(_ENTERED_NOT_LISTED)
    except OSError as error:
        raise Refused(f"`{output}` cannot be written: {error.strerror}", hint="choose another folder") from None


def _write(target: Path, data: bytes) -> None:
    """Write a file whole under a temporary name; not flushed: a mirror is checked by digests and made again."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.chmod(PUBLIC_FILE)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Refused(
            f"`{target.parent.parent}` cannot be written: {error.strerror}", hint="free space or choose another folder"
        ) from error


def _remove_others(codes: Path, expected: set[str]) -> int:
    """Remove the pages of certificates that have none any more; what is not named by a code is left alone."""
    removed = 0
    for entry in list(codes.iterdir()):
        if entry.name in expected or read_code(entry.name.removesuffix(".json")) is None:
            continue
        page = entry / "index.html" if entry.is_dir() and not entry.is_symlink() else entry
        page.unlink(missing_ok=True)
        if page is not entry and not any(entry.iterdir()):
            entry.rmdir()
        removed += 1
    return removed


def _json_at(path: Path) -> Json:
    try:
        found: Json = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found
