"""Forgetting a person in what can never be deleted: trail and log stay whole, and nothing in them leads to the person.

1. The salt of the candidate's records is deleted. From then on no commitment of theirs can be opened, compared, or told
   from noise; tree, proofs and signatures stay as they were, for they never held anything else.
2. Proofs beside their certificates are taken away, because they hold openings.
3. That it was done is an act, with its reason.

Rows of the register (roster, answers, certificate) are kept as long as the body must keep them; this unlinks what remains
after that.
"""

from __future__ import annotations

from certengine.errors import NotFound, UsageError
from certengine.services.context import Context
from certengine.services.finishing import file_name
from certengine.services.issuing import FOLDER
from certengine.services.transparency import PROOF_SUFFIX
from certengine.services.written_down import owner_of
from certengine.store import certificates, sittings
from certengine.store.commitments import forget_salt


def forget_candidate(context: Context, sitting_id: str, candidate_id: str, *, reason: str) -> bool:
    """Unlink a candidate of a sitting from trail and log; tells whether there was anything to unlink.

    Raises:
        NotFound: when there is no such sitting or candidate.
        UsageError: when no reason is given.
        Refused: when the actor is no administrator.
    """
    context.demand_role("administrator")
    if not reason.strip():
        raise UsageError("forgetting somebody needs a reason", hint="say which rule asks for it")
    at = context.clock()
    with context.writing() as connection:
        try:
            sittings.load_sitting(connection, sitting_id).candidate(candidate_id)
        except KeyError:
            raise NotFound(f"sitting `{sitting_id}` has no candidate `{candidate_id}`") from None
        held = [one for one in certificates.certificates_of(connection, sitting_id) if one.candidate == candidate_id]
        found = forget_salt(connection, owner_of(sitting_id, candidate_id))
        if found:
            context.write_act(connection, at, "person.forget", owner_of(sitting_id, candidate_id), reason=reason)
    for record in held:
        path = (context.workspace.root / FOLDER / file_name(record)).with_suffix(PROOF_SUFFIX)
        path.unlink(missing_ok=True)
    return found
