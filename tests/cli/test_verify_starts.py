"""Checking a QR text loads nothing heavy: no typesetter, no database, no reader of PDF or pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.qr import qr_text
from tests.credentials.credential_world import CRED, CREDENTIAL, KEYRING

HEAVY = (
    "weasyprint",
    "sqlalchemy",
    "alembic",
    "pyhanko",
    "pikepdf",
    "pypdfium2",
    "PIL",
    "zxingcpp",
    "openpyxl",
    "numpy",
    "scipy",
    "starlette",
    "uvicorn",
    "ruamel",
    "jinja2",
)
PROGRAM = f"""
import sys
from certengine_cli.main import main
try:
    main()
finally:
    print("LOADED", *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.slow
def test_a_qr_text_needs_no_workspace_and_nothing_heavy(tmp_path: Path) -> None:
    """With a keyring alone the text is judged, its status is "cannot tell", and no heavy library was loaded."""
    keyring = tmp_path / "keyring.json"
    keyring.write_bytes(keyring_bytes(KEYRING))
    text = qr_text(CREDENTIAL, CRED.token())
    words = ["verify", text, "--offline", "--keyring", str(keyring), "--at", "2027-03-03"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "CANNOT TELL" in done.stdout, "欧阳晓红" in done.stdout) == (6, True, True)
    assert done.stderr.splitlines()[-1] == "LOADED"
