"""``certengine cert preview``: what a design makes of a certificate, again at each change of the design."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from certengine.services.previewing import Previewer, PreviewOf

_PAUSE_SECONDS = 0.3


def preview(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="Whose certificate.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The `.pdf` or `.png` to write.")],
    template: Annotated[
        str | None, typer.Option("--template", metavar="NAME", help="Another design than the scheme's.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The holder's name.")] = "张晓明",
    name_en: Annotated[
        str | None, typer.Option("--name-en", metavar="NAME", help="The name in Latin letters.")
    ] = "Zhang Xiaoming",
    photo: Annotated[Path | None, typer.Option("--photo", metavar="FILE", help="A photograph, JPEG or PNG.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write it again whenever the design changes, until interrupted.")
    ] = False,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show a design: a specimen with no number, no register and no key of the issuer.

    certengine cert preview robot-operator-3 -o look.pdf --template modern --watch
    """
    from certengine.services.previewing import Previewer, PreviewOf

    wanted = PreviewOf(scheme=scheme, template=template, name=name, name_en=name_en, photo=photo)
    with opened(workspace, db, actor) as context:
        previewer = Previewer(context)
        if watch:
            _watch(previewer, wanted, output)
        size = previewer.write(wanted, output)
    terminal.answer("preview", {"file": str(output), "bytes": size}, [str(output)])


def _watch(previewer: Previewer, wanted: PreviewOf, output: Path) -> None:
    """Write at each change; what is wrong with the design is said, and waited for to be mended.

    Ctrl-C is noted and obeyed between two writings: raised in the middle of one, a library's callback may swallow it.
    """
    from certengine.errors import CertengineError

    interrupted = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: interrupted.set())
    seen: dict[str, int] = {}
    while not interrupted.is_set():
        now = _state(previewer.folder(wanted))
        if now != seen:
            seen = now
            try:
                previewer.write(wanted, output)
                terminal.say(f"{output} written; waiting for changes, Ctrl-C ends")
            except CertengineError as error:
                terminal.show_error(error)
        interrupted.wait(_PAUSE_SECONDS)
    raise KeyboardInterrupt


def _state(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.iterdir()) if path.is_file()}
