"""A process that has loaded the program, and forks one that runs a command whenever it is told.

Loading takes a second, a command a tenth of it: so kills at random times fall into the command, and a campaign of hundreds
takes minutes. What runs is the command line's own :func:`certengine_cli.main.run`, in a process of its own.

Orders come as lines of JSON on standard input, answers go out on standard output:

* ``{"run": {...}}``: start a command (:class:`tests.campaigns.processes.Command`); the answer is ``{"pid": N}``.
* ``{"wait": N, "seconds": S}``: how a command ended: ``{"status": ..., "cpu": ...}``, ``status`` as ``waitpid`` tells it;
  ``null`` when it still runs.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

#: What the commands of the campaigns load by themselves when they run.
LOADED = (
    "PIL.BmpImagePlugin PIL.GifImagePlugin PIL.ImageSequence PIL.JpegImagePlugin PIL.PngImagePlugin PIL.PpmImagePlugin "
    "certengine.interchange.marking_sheets certengine.services.double_entry certengine.services.grading "
    "certengine.services.issuing certengine.services.print_plan certengine.services.print_work "
    "certengine.services.printing certengine.services.rating certengine.services.results certengine.services.standing "
    "certengine.services.touched certengine_cli.main cryptography.hazmat.backends.openssl.backend encodings.gb2312 "
    "encodings.unicode_escape encodings.utf_8_sig fontTools.agl fontTools.ttLib.tables.O_S_2f_2 "
    "fontTools.ttLib.tables._h_h_e_a pg8000.dbapi pyhanko.pdf_utils.filters sqlalchemy.dialects.postgresql.pg8000 "
    "sqlalchemy.dialects.sqlite.pysqlite typer._click.decorators weasyprint"
).split()


def load() -> None:
    """Load the program, and read one configuration: what reads them is made when it is first used."""
    from certengine_cli.main import commands

    from certengine.workspace.config import read_config

    for name in LOADED:
        importlib.import_module(name)
    commands()
    read_config(Path(__file__).parents[1] / "services" / "academy")


def main() -> None:
    """Serve until standard input ends."""
    load()
    gc.collect()
    gc.freeze()  # what is never looked at again is shared with every command
    answer({"ready": os.getpid()})
    for line in sys.stdin:
        order = json.loads(line)
        if "run" in order:
            pid = os.fork()
            if pid == 0:
                become(order["run"])
            answer({"pid": pid})
        else:
            answer(ended(order["wait"], order["seconds"]))


def answer(said: Any) -> None:
    """One line to whoever gives the orders."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def ended(pid: int, seconds: float) -> dict[str, Any] | None:
    """How a command ended or stopped, waited for so long."""
    until = time.monotonic() + seconds
    while True:
        found, status, used = os.wait4(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return {"status": status, "cpu": used.ru_utime + used.ru_stime}
        if time.monotonic() > until:
            return None
        time.sleep(0.002)


def become(order: dict[str, Any]) -> None:
    """Turn this process into the command."""
    from certengine_cli import main as cli

    from tests.campaigns import faults, impatience, power, variants

    os.environ.update(order["environment"])
    for number, name in ((0, os.devnull), (1, order["told"] + ".out"), (2, order["told"] + ".err")):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # Processes that it starts find a command and not this module as their main program.
    main_module: Any = sys.modules["__main__"]
    main_module.__spec__ = None
    main_module.__dict__.pop("__file__", None)
    sys.argv = ["certengine", *order["arguments"]]
    sys.unraisablehook = cli.tidying_failed
    power.at_stop(order["at_stop"], Path(order["told"] + ".lost"))
    if order["variant"]:
        variants.VARIANTS[order["variant"]]()
    if order["impatient"]:
        impatience.wait_little()
    with faults.injected(order["fault"]):
        code = cli.run(order["arguments"])
    # As the interpreter ends, but for taking apart what was loaded before it was forked: that takes longer than the rest.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
