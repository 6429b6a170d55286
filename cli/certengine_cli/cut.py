"""``certengine scheme worksheet`` and ``scheme cut``: a cut score by judges, from empty sheets to a proposal."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certengine_cli import terminal
from certengine_cli.options import Actor, AsJson, Db, Quiet, Verbose, Workspace, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certengine.services.cut_scores import Proposal

SittingId = Annotated[str, typer.Argument(metavar="SITTING", help="Id of a sealed sitting drawn with one form.")]
Component = Annotated[
    str | None, typer.Option("--component", metavar="ID", help="Which written component, if several have one form.")
]


def worksheet(
    sitting: SittingId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the sheets are written.")],
    judges: Annotated[int, typer.Option("--judges", metavar="N", help="How many judges.")] = 10,
    after: Annotated[
        list[Path] | None,
        typer.Option("--after", metavar="FILE", help="A filled-in sheet of the round before; once for each."),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="FORM", help="xlsx or csv.")] = "xlsx",
    component: Component = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Sheets on which judges estimate each item of a form for just acceptable candidates (Angoff): blind, by number.

    certengine scheme worksheet pilot-2027 --judges 10 -o judges
    """
    from certengine.services.cut_scores import write_cut_sheets

    with opened(workspace, db, actor) as context:
        files = write_cut_sheets(
            context, sitting, output, judges=judges, form=form, component=component, after=after or ()
        )
    paths = [str(path) for path in files]
    terminal.answer("cut-sheets", {"sitting": sitting, "files": paths}, paths)
    terminal.hint(f"when they are filled in: `certengine scheme cut {sitting} FILE...`")


def cut(
    sitting: SittingId,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="The judges' sheets, of one round or of several.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Write tables and the proposal.")
    ] = None,
    component: Component = None,
    workspace: Workspace = None,
    db: Db = None,
    actor: Actor = None,
    json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The cut score that judges came to, with its standard error and who stands apart; a proposal, written into no scheme.

    certengine scheme cut pilot-2027 judges/*.xlsx -o cut
    """
    from certengine.services.cut_scores import propose_cut

    with opened(workspace, db, actor) as context:
        found = propose_cut(context, sitting, files, output, component=component)
    terminal.answer("cut", _document(found), _lines(found))
    if found.files:
        terminal.hint("whoever adopts it copies the rule of proposal.yaml into the scheme's pass_standard")


def _document(found: Proposal) -> dict[str, object]:
    """The proposal as data; correlations and errors to six places."""

    def rounded(value: float | None) -> Decimal | None:
        return None if value is None else Decimal(f"{value:.6f}")

    return {
        "component": found.component,
        "full": found.full,
        "proposed": found.proposed,
        "now": found.now,
        "rounds": [
            {
                "round": number,
                "cut": rounded(float(scores.cut)),
                "sd": rounded(scores.sd),
                "standard_error": rounded(scores.standard_error),
                "without_outliers": None
                if scores.without_outliers is None
                else rounded(float(scores.without_outliers)),
                "judges": [
                    {
                        "judge": one.judge,
                        "cut": rounded(float(one.cut)),
                        "agreement": rounded(one.agreement),
                        "apart": rounded(one.apart),
                        "outlier": one.outlier,
                    }
                    for one in scores.judges
                ],
                "items": [
                    {
                        "item": one.item,
                        "mean": rounded(float(one.mean)),
                        "sd": rounded(one.sd),
                        "low": rounded(float(one.low)),
                        "high": rounded(float(one.high)),
                    }
                    for one in scores.items
                ],
            }
            for number, scores in found.rounds
        ],
        "files": [str(path) for path in found.files],
    }


def _lines(found: Proposal) -> Iterator[str]:
    header = ("ROUND", "JUDGE", "CUT", "AGREEMENT", "APART", "")
    yield from terminal.table(
        header,
        [
            (
                str(number),
                one.judge,
                f"{float(one.cut):.2f}",
                "-" if one.agreement is None else f"{one.agreement:+.2f}",
                "-" if one.apart is None else f"{one.apart:+.1f}",
                "stands apart" if one.outlier else "",
            )
            for number, scores in found.rounds
            for one in scores.judges
        ],
    )
    for number, scores in found.rounds:
        without = "" if scores.without_outliers is None else f", {float(scores.without_outliers):.2f} without them"
        yield f"round {number}: cut {float(scores.cut):.2f} of {found.full}, standard error {scores.standard_error:.2f}{without}"
    now = "" if found.now is None else f"; the pass standard now says {found.now}"
    yield f"proposed: {found.component} at least {found.proposed}{now}"
    yield from (str(path) for path in found.files)
