"""The command line: the tree of commands, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import errno
import functools
import os
import re
import sys
import tempfile
import traceback
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

import certengine
from certengine.errors import CertengineError, UsageError
from certengine_cli import bank, cert, db, exits, grade, key, log, paper, result, scheme, sitting, terminal, workspace
from certengine_cli import replay as replaying
from certengine_cli import serve as serving
from certengine_cli import verify as verifying

# What a disk, its driver or the system's limits say; anything else that the system refuses is our mistake.
_MACHINE = frozenset(
    {errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
    | {errno.ESTALE, errno.ENXIO, errno.ENODEV, errno.ETIMEDOUT}
)
_MOST_CAUSES = 20

app = typer.Typer(
    name="certengine",
    help="Skills-certification examinations: fair papers, exact marks, certificates that strangers can check.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(workspace.init)
app.command("status")(workspace.status)
for name, group in (
    ("bank", bank.app),
    ("scheme", scheme.app),
    ("sitting", sitting.app),
    ("paper", paper.app),
    ("grade", grade.app),
    ("result", result.app),
    ("cert", cert.app),
):
    app.add_typer(group, name=name)
app.command("verify")(verifying.verify)
app.add_typer(key.app, name="key")
app.add_typer(log.app, name="log")
app.command("replay")(replaying.replay)
app.add_typer(db.app, name="db")
app.command("serve")(serving.serve)
app.command("export-site")(serving.export_site)
app.command("schema")(workspace.schema)


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"certengine {certengine.__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Skills-certification examinations: fair papers, exact marks, certificates that strangers can check."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.unraisablehook = tidying_failed
    sys.exit(run(sys.argv[1:]))


def tidying_failed(_what: object) -> None:
    """What a library could not tidy up when it let go of something: nobody waits for it, and it is no answer."""


@functools.cache
def commands() -> Any:
    """The tree of commands, made once a process: making it takes longer than many a command."""
    return typer.main.get_command(app)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No input makes it raise."""
    terminal.settings.json = "--json" in arguments
    terminal.settings.quiet = terminal.settings.verbose = False
    try:
        outcome = commands().main(arguments, prog_name="certengine", standalone_mode=False)
        outcome = outcome if isinstance(outcome, int) else exits.DONE
        _flush()
    except CertengineError as error:
        terminal.show_error(error)
        _flush()
        return exits.of_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except TyperException as error:
        if not error.format_message():  # a group without a command has shown its help
            return exits.USAGE
        terminal.show_error(UsageError(_words(error), hint=_way_out(error)))
        return exits.USAGE
    except BrokenPipeError:
        return _reader_went_away()
    except SystemExit as stop:
        if not isinstance(stop.__context__, BrokenPipeError):  # completion leaves by itself
            raise
        return _reader_went_away()
    except Exception as error:  # noqa: BLE001  # a bug: one line, and where its log is
        failed = _failure_of_the_machine(error)
        return _report_bug(error) if failed is None else _tell_failure(failed)
    if outcome == exits.INTERRUPTED:  # the parser has caught Control-C
        return _interrupted()
    return outcome


def _words(error: TyperException) -> str:
    """What the parser says, in our manner: lower case, no final stop, names in backticks."""
    message = re.sub(r"'([^']*)'", r"`\1`", error.format_message()).rstrip(".")
    message = message.replace(". Did you mean", "; did you mean").replace(": Value error, ", ": ")
    return message[:1].lower() + message[1:]


def _way_out(error: TyperException) -> str:
    """The help of the command that was meant; or where the options of a command belong."""
    context = getattr(error, "ctx", None)
    command = str(context.command_path) if context is not None else "certengine"
    if command == "certengine" and getattr(error, "option_name", None):
        return "options stand after the command: `certengine status --json`"
    return f"`{command} --help` shows what it takes"


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        terminal.reader_went_away()


def _reader_went_away() -> int:
    """`| head` closed the pipe: nothing more can be said, and nothing went wrong here."""
    terminal.reader_went_away()
    return exits.DONE


def _failure_of_the_machine(error: BaseException | None) -> OSError | None:
    """The failing disk or exhausted resource behind an exception, whatever library passed it on."""
    seen = 0
    while error is not None and seen < _MOST_CAUSES:
        if isinstance(error, OSError) and error.errno in _MACHINE:
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def _tell_failure(error: OSError) -> int:
    where = f" (`{error.filename}`)" if isinstance(error.filename, str) else ""
    terminal.show_error(
        CertengineError(
            f"the machine did not let it go on: {error.strerror}{where}",
            hint="see whether a disk is full or failing, then run the same command again: what was done is kept",
            code="system/failed",
        )
    )
    return exits.FAILED


def _interrupted() -> int:
    sys.stderr.write("interrupted\n")
    return exits.INTERRUPTED


def _report_bug(error: Exception) -> int:
    from certengine.services.given_secrets import without_secrets

    told = f"certengine {certengine.__version__}\n{''.join(traceback.format_exception(error))}"
    descriptor, path = tempfile.mkstemp(prefix="certengine-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log_file:
        log_file.write(without_secrets(told))
    terminal.show_bug(f"something unforeseen happened ({type(error).__name__}); the log is {path}")
    return exits.FAILED
