"""Makes the kept certificate with time stamps, once: stamped when issued, archived, archived again by another authority.

It is kept for ever, as those of :mod:`tests.vectors.certificates.make_vectors` are; never replace it:

    python -m tests.vectors.certificates.make_stamped_vector FOLDER
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from certengine.credentials.keyring import keyring_bytes
from certengine.services.archiving import archive_certificates
from certengine.services.issuing import issue_sitting
from certengine.services.keys import load_keyring
from tests.authority import serving
from tests.services.small_world import NOW, SITTING, World, acting, passphrase
from tests.services.test_archiving import DAY, FIRST, SECOND, YEAR
from tests.services.test_time_stamping import name_authority


def main(folder: Path) -> None:
    """Write the files into a folder."""
    with tempfile.TemporaryDirectory() as temporary:
        root = World(Path(temporary)).copy("keyed", Path(temporary) / "academy")
        for authority, at in ((FIRST, NOW), (FIRST, NOW + DAY), (SECOND, NOW + 4 * YEAR + DAY)):
            with serving(authority, clock=lambda at=at: at) as url:  # type: ignore[misc]
                name_authority(root, url, authority)
                with acting(root, at=at) as context:
                    if at == NOW:
                        issue_sitting(context, SITTING, passphrase)
                    else:
                        archive_certificates(context, SITTING, passphrase)
                    keyring = keyring_bytes(load_keyring(context))
        pdf = (root / "certificates" / "S2630001.pdf").read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("twice-archived.pdf", pdf), ("keyring.json", keyring)):
        if (folder / name).exists():
            raise SystemExit(f"{name} is kept already")
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
