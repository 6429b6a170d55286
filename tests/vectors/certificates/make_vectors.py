"""Makes the kept certificates, once: one for each generation of keys and each form a certificate ever had.

Files here are kept for ever: every later certengine must call them valid by the keyring beside them. Run this only to add
what is new, into an empty folder, and never replace a file:

    python -m tests.vectors.certificates.make_vectors FOLDER
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from certengine.credentials.keyring import keyring_bytes
from certengine.documents.template_folder import TemplateFolder
from certengine.services.certificate_making import CertificateMaker
from certengine.services.external_key import read_external_key
from certengine.services.finishing import certificate_design
from certengine.services.keys import load_keyring, new_keys, open_signers, retire_key
from certengine.services.standing import ReasonClass, find_certificate, list_certificates
from certengine.services.succession import Wish, succeed
from tests.services.small_world import NOW, SITTING, World, acting, passphrase
from tests.services.test_external_key import SECRET, seal
from tests.services.test_succession import both_roles

LATER = NOW + timedelta(days=3)
MODERN = Path(__file__).parents[3] / "templates" / "modern"


def main(folder: Path) -> None:
    """Write the files into a folder."""
    with tempfile.TemporaryDirectory() as temporary:
        root = World(Path(temporary)).copy("issued", Path(temporary) / "academy")
        both_roles(root)
        files: dict[str, bytes] = {}
        with acting(root) as context:  # the first generation of keys
            maker = CertificateMaker(context, open_signers(context, passphrase))
            first, second, _ = list_certificates(context, SITTING)
            design = certificate_design(context, "formal")
            files["one-proof.pdf"], _ = maker.make(first, design, proofs="json")
            files["two-proofs.pdf"], _ = maker.make(second, design)
            files["modern.pdf"], _ = maker.make(second, TemplateFolder(MODERN))
            retired = maker.signers.cred.kid
        with acting(root, at=LATER, entropy="second") as context:  # rotated, and the first retired
            new_keys(context, passphrase, rotate=True)
            run = succeed(context, "S2630001", Wish(kind="reprint", reason=ReasonClass.LOST), passphrase)
            assert run.later is not None
            files["second-print.pdf"] = (root / "certificates" / "S2630001.print-2.pdf").read_bytes()
            assert load_keyring(context).key(retired) is not None
        with acting(root, at=LATER + timedelta(days=1), entropy="third") as context:  # issued by an authority
            external = read_external_key(context, seal(root / "seal.p12"), SECRET)
            new_keys(context, passphrase, rotate=True, external=external)
            wish = Wish(kind="replacement", reason=ReasonClass.ERROR, name="王磊磊")
            succeed(context, "S2630003", wish, passphrase)
            files["replacement-by-authority.pdf"] = (root / "certificates" / "S2630004.pdf").read_bytes()
            assert find_certificate(context, "S2630004").credential.holder.name == "王磊磊"
            kid = open_signers(context, passphrase).pdf.kid
        at = LATER + timedelta(days=400)
        with acting(root, at=at, entropy="fourth") as context:  # compromised long after it signed
            retire_key(context, kid, reason="stolen", compromised_from=at)
            files["keyring.json"] = keyring_bytes(load_keyring(context))
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if (folder / name).exists():
            raise SystemExit(f"{name} is kept already")
        (folder / name).write_bytes(data)
    listed = sorted(name for name in files if name.endswith(".pdf"))
    (folder / "expected.json").write_text(json.dumps(dict.fromkeys(listed, "valid"), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
