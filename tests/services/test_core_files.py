"""A process that has opened keys, seeds or answer keys leaves no core file, however it ends; a real one is made to crash."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.small_world import PASSPHRASE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how it would end")]

MOST = resource.getrlimit(resource.RLIMIT_CORE)[1]
CRASH = "import os, ctypes\nprint(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)\nos.abort()\n"
OPENS_A_WORKSPACE = "from certengine.services.context import open_context\nopen_context(actor='admin')\n"
READS_A_PASSPHRASE = (
    "from pathlib import Path\nfrom certengine.services.passphrases import passphrase_from_file\n"
    "passphrase_from_file(Path('passphrase'))\n"
)
PRINTS_PAPERS = (
    "from pathlib import Path\nfrom certengine.documents.fonts import default_font_cache, prepare_fonts\n"
    "from certengine.services.print_work import set_bench\n"
    "set_bench((Path('templates/formal'), None), prepare_fonts(default_font_cache()), {})\n"
)
RUNS_A_COMMAND = (
    "from certengine_cli.main import run\n"
    "assert run(['key', 'export', '-o', 'trust', '--passphrase-file', 'passphrase', '--as', 'admin']) == 0\n"
)


def crashed(root: Path, program: str) -> tuple[str, list[Path]]:
    """What a crashing process printed last, and the core files it left; core files are allowed to it."""
    done = subprocess.run(
        [sys.executable, "-c", program + CRASH],
        cwd=root,
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (MOST, MOST)),
    )
    assert done.returncode == -signal.SIGABRT, done.stderr.decode()
    return done.stdout.decode().splitlines()[-1], list(root.glob("core*"))


@pytest.mark.parametrize("program", [OPENS_A_WORKSPACE, READS_A_PASSPHRASE, PRINTS_PAPERS, RUNS_A_COMMAND])
def test_what_opened_secrets_leaves_no_core_file(program: str, at: Callable[[str], Path]) -> None:
    """It is not dumpable, and where the system writes core files beside the process, there is none."""
    assert crashed(at("live"), program) == ("0", [])


def test_a_process_without_secrets_would_leave_one(tmp_path: Path) -> None:
    """The crash is a crash: what opened nothing leaves its memory with the passphrase that it was given."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()
    if pattern != "core" or MOST != resource.RLIM_INFINITY:
        pytest.skip(f"this system sends core files elsewhere ({pattern})")

    dumpable, left = crashed(tmp_path, f"secret = {PASSPHRASE!r}\n")

    assert (dumpable, len(left)) == ("1", 1)
    assert PASSPHRASE in left[0].read_bytes()
