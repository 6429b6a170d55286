"""Revealing a sitting's seed, and the proof file with which strangers draw again.

Invariants:

1. The seed is revealed only when the sitting is closed: with it, anyone who has the bank can compute its papers.
2. A proof holds everything the commitment binds, but no name, no key and no item's text.
3. Reading takes nothing of it on trust: scheme and banks must have the digests it names. What follows from them is
   checked by :mod:`certengine.services.draw_replay`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certengine.assembly.commitment import seen_document
from certengine.assembly.keyed import ALGORITHM
from certengine.canonical import Json, canonical_bytes, digest, to_json
from certengine.errors import AnswerIsNo, InputError, NotFound, Refused
from certengine.model.bank import Bank, BankDraft
from certengine.model.scheme import Scheme, WrittenComponent
from certengine.model.sitting import Candidate, DrawnItem, Paper, Sitting, TaskAssignment
from certengine.revival import from_json
from certengine.services.context import Context
from certengine.services.draw_replay import SealedDraw, sealed_draw
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import LoadedSitting, demand_sealed, load
from certengine.store import sittings as store

PROOF = "certengine.draw-proof/1"
_MAX_FILE = 1 << 30


def reveal_sitting(
    context: Context, sitting_id: str, output: Path | None = None, *, dry_run: bool = False
) -> tuple[Sitting, str | None]:
    """Publish a closed sitting's seed, so that anyone can check the draw; returns it in hex.

    Args:
        output: where the public proof is written.
        dry_run: write nothing, and tell the seed only where it was revealed before.

    Raises:
        Refused: when it is not sealed and closed, or the file cannot be written.
    """
    context.demand_role("administrator")
    at = context.clock()
    with context.reading() as connection:
        sitting = store.load_sitting(connection, sitting_id)
        happened = store.events(connection, sitting_id)
    demand_sealed(sitting)
    if "closed" not in happened:
        raise Refused(
            f"sitting `{sitting_id}` is not closed: with the seed anyone can compute its papers",
            hint=f"when nobody works on them any more: `certengine sitting close {sitting_id}`",
            code="sitting/too-early",
        )
    sealed = sealed_draw(context, sitting_id)
    if dry_run:
        return sitting, sealed.seed.hex() if "revealed" in happened else None
    if output is not None:
        write_whole(output, canonical_bytes(proof_document(sealed)))
    if "revealed" not in happened:
        with context.writing() as connection:
            store.append_event(
                connection, sitting_id, "revealed", at=at, by=context.actor, details={"seed": sealed.seed.hex()}
            )
            context.write_act(connection, at, "sitting.reveal", sitting_id, commitment=sitting.commitment)
    return sitting, sealed.seed.hex()


def write_banks(context: Context, sitting_id: str, folder: Path, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Write the banks a sitting pins, as they were published; they hold the keys, so only their owner may read them.

    Returns the files; a dry run names them and writes nothing.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when a file cannot be written.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    files = []
    for bank in loaded.banks.values():
        files.append(folder / f"{bank.reference}.json")
        if not dry_run:
            write_whole(files[-1], canonical_bytes(bank.contents), mode=PRIVATE_FILE)
    return tuple(files)


def proof_document(sealed: SealedDraw) -> dict[str, Json]:
    """What is published when the seed is revealed."""
    sitting, scheme = sealed.loaded.sitting, sealed.loaded.scheme
    return {
        "schema": PROOF,
        "algorithm": ALGORITHM,
        "solver": sealed.solver,
        "sitting": sitting.id,
        "seed": sealed.seed.hex(),
        "commitment": sitting.commitment,
        "scheme": to_json(scheme),
        "scheme_digest": sitting.scheme_digest,
        "banks": [{"id": bank, "version": version, "digest": value} for bank, version, value in sitting.banks],
        "candidates": [_candidate_document(one) for one in sitting.candidates],
        "seen": seen_document(sealed.seen),
        "tasks": [[one.candidate, one.component, one.task] for one in sealed.tasks],
        "papers": [
            {
                "id": one.id,
                "candidate": one.candidate,
                "component": one.component,
                **({"form": one.form} if one.form else {}),
                "items": [[drawn.section, drawn.item, drawn.variant] for drawn in one.items],
            }
            for one in sealed.papers
        ],
    }


def _candidate_document(candidate: Candidate) -> dict[str, Json]:
    """What the draw depends on of a candidate; neither name nor document."""
    document: dict[str, Json] = {"id": candidate.id}
    if candidate.seat:
        document["seat"] = candidate.seat
    if candidate.carry_over:
        document["carry_over"] = list(candidate.carry_over)
    return document


def _candidate(data: Any) -> Candidate:
    return Candidate(
        id=data["id"], name="", seat=data.get("seat"), carry_over=tuple(data.get("carry_over", ())) or None
    )


def read_proof(proof: Path, banks: Sequence[Path]) -> SealedDraw:
    """A published draw, with the banks it names.

    Raises:
        InputError: when a file cannot be read as what it should be.
        AnswerIsNo: when scheme or bank are not those that the proof names.
        NotFound: when a bank is missing.
    """
    try:
        return _from_proof(_json(proof), [from_json(BankDraft, _json(path)) for path in banks], proof)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"`{proof}` and its banks cannot be read as a published draw",
            hint="`sitting reveal -o FILE` writes the proof, `--banks DIR` the banks",
            code="proof/unreadable",
        ) from error


def _from_proof(data: Any, drafts: Sequence[BankDraft], source: Path) -> SealedDraw:
    if data["schema"] != PROOF or data["algorithm"] != ALGORITHM:
        raise InputError(
            f"`{source}` is no proof of {ALGORITHM}", hint="use the certengine that drew it", code="proof/unreadable"
        )
    scheme: Scheme = from_json(Scheme, data["scheme"])
    _demand_digest(f"scheme `{scheme.id}`", digest(scheme), data["scheme_digest"])
    by_id = {draft.id: draft for draft in drafts}
    named = {one["id"]: one for one in data["banks"]}
    found = {bank_id: _bank(by_id, one) for bank_id, one in named.items()}
    sitting = Sitting(
        id=data["sitting"],
        scheme_id=scheme.id,
        scheme_version=1,
        scheme_digest=data["scheme_digest"],
        banks=tuple((one["id"], one["version"], one["digest"]) for one in data["banks"]),
        candidates=tuple(_candidate(one) for one in data["candidates"]),
        opened_at=_LONG_AGO,
        opened_by="",
        sealed_at=_LONG_AGO,
        commitment=data["commitment"],
    )
    loaded = LoadedSitting(sitting=sitting, scheme=scheme, banks=found)
    return SealedDraw(
        loaded=loaded,
        seed=bytes.fromhex(data["seed"]),
        seen={one: tuple((bank, item) for bank, item in items) for one, items in data["seen"].items()},
        papers=tuple(_paper(one, loaded) for one in data["papers"]),
        tasks=tuple(
            TaskAssignment(sitting=sitting.id, candidate=candidate, component=component, task=task)
            for candidate, component, task in data["tasks"]
        ),
        solver=data["solver"],
    )


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise InputError(f"`{path}` is larger than is read", code="proof/unreadable")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise NotFound(f"`{path}` cannot be opened", hint="name the file that was published") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is not JSON", code="proof/unreadable") from error
    return data.get("contents", data) if isinstance(data, dict) else data


def _bank(drafts: Mapping[str, BankDraft], named: Mapping[str, Any]) -> Bank:
    draft = drafts.get(named["id"])
    if draft is None:
        raise NotFound(
            f"the draw needs bank `{named['id']}` version {named['version']}", hint="name its file with `--bank FILE`"
        )
    _demand_digest(f"bank `{draft.id}`", digest(draft), named["digest"])
    return Bank(
        contents=draft,
        version=named["version"],
        digest=named["digest"],
        item_digests=tuple((item.id, digest(item)) for item in draft.items),
        published_at=_LONG_AGO,
        published_by="",
        reason="",
    )


def _demand_digest(what: str, found: str, named: str) -> None:
    if found != named:
        raise AnswerIsNo(
            f"{what} is not the one the draw was made from", hint=f"its digest is {named}", code="proof/other-material"
        )


def _paper(data: Mapping[str, Any], loaded: LoadedSitting) -> Paper:
    component = loaded.scheme.component(data["component"])
    assert isinstance(component, WrittenComponent)
    bank = loaded.banks[component.bank]
    digests, marks = dict(bank.item_digests), {section.id: section.marks for section in component.sections}
    return Paper(
        id=data["id"],
        sitting=loaded.sitting.id,
        candidate=data["candidate"],
        component=component.id,
        algorithm=ALGORITHM,
        bank=bank.id,
        bank_version=bank.version,
        bank_digest=bank.digest,
        scheme_digest=loaded.sitting.scheme_digest,
        items=tuple(
            DrawnItem(
                position=position,
                section=section,
                item=item,
                item_digest=digests[item],
                marks=marks[section],
                variant=variant,
            )
            for position, (section, item, variant) in enumerate(data["items"], 1)
        ),
        form=data.get("form"),
    )
