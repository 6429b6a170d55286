"""The link of the transparency log: the issue's entry, as its act committed to it, in a tree the issuer signed."""

from __future__ import annotations

import json

from certengine.canonical import digest_of_bytes
from certengine.credentials.checkpoint import proves, read_proof_text
from certengine.credentials.keyring import read_keyring
from certengine.credentials.logged import log_keys, read_logged
from certengine.model.text import Text
from certengine.services.replay_case import Case, Row
from certengine.services.replay_links import MISSING, NOT_AS_WRITTEN, Chain, LinkOutcome
from certengine.services.replay_trail import Trail
from certengine.services.transparency import origin_of
from certengine.store import log_tables, tables

_TITLE = Text.of(zh="透明日志", en="transparency log")
_NOT_ENTERED = Text.of(zh="早于日志，未登入日志", en="older than the log, and not entered in it")
_NOT_SIGNED = Text.of(zh="已登入，尚无签名检查点", en="entered, and not yet under a signed checkpoint")
_NO_KEYS = Text.of(zh="没有密钥环，无法核对签名", en="there is no keyring to judge its signature by")
_NOT_PROVED = Text.of(zh="其证明不成立", en="its proof does not hold")


def read_log(case: Case, chain: Chain, trail: Trail) -> None:
    """The link ``log``."""
    number = case.rows[tables.certificate.name][0]["number"]
    entries = case.rows[log_tables.log_entry.name]
    acts = [one for one in trail.witnesses if ("issue", number) in one.committed]
    if not entries:
        if acts:
            chain.judge("log", _TITLE, own=MISSING, kept=False, follows=None)
        else:
            chain.put("log", _TITLE, LinkOutcome.ABSENT, _NOT_ENTERED)
        return
    row = entries[-1]
    value = digest_of_bytes(row["content"].encode())
    said = [_same(row, one.hash, one.committed["issue", number]) for one in acts]
    own = NOT_AS_WRITTEN if said and not any(said) else None
    if own is None and case.proof is None:
        chain.put("log", _TITLE, LinkOutcome.NOT_KEPT, _NOT_SIGNED, stored=value, again=value)
        return
    if own is None and case.keyring is None:
        chain.put("log", _TITLE, LinkOutcome.UNTOLD, _NO_KEYS, stored=value, again=value)
        return
    holds = own is None and _proved(case, number, row)
    rests = ("standing", "certificate", *(() if acts else ("trail",)))
    follows = holds or (None if chain.shaken(*rests) else False)
    chain.judge("log", _TITLE, own=own, kept=True, follows=follows, upon=rests, stored=value, again=value)
    if own is None and follows is False:
        chain.put("log", _TITLE, LinkOutcome.DIFFERS, _NOT_PROVED, stored=value, again=None)


def _same(row: Row, act_hash: str, commitment: str) -> bool:
    try:
        entry = json.loads(row["content"])
    except ValueError:
        return False
    return bool(entry == {"act": act_hash, "commitment": commitment, "kind": "issue"})


def _proved(case: Case, number: str, row: Row) -> bool:
    """Whether the proof shows the issue of this number in the issuer's log; of a forgotten person's only its entry."""
    assert case.keyring is not None
    assert case.proof is not None
    try:
        keyring, proof = read_keyring(case.keyring), read_proof_text(case.proof)
        if proof.extra is not None:
            return read_logged(case.proof, keyring).number == number
    except ValueError:
        return False
    return proves(proof, row["content"].encode(), origin_of(keyring), log_keys(keyring))
