"""How fast one altered row among a million is found, and how fast the log grows and proves.

    python benchmarks/log_check.py [--acts 1000000] [--entries 1000000]

Makes a database of its own in a temporary folder: so many acts in a chain that fits, of which as many as asked for entered
the log, with a signed checkpoint. Then alters one row in the middle of each and checks again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519

from certengine.canonical import digest_of_bytes
from certengine.credentials.checkpoint import sign_checkpoint
from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.keys import key_record
from certengine.credentials.merkle import includes, inclusion_proof, leaf_hash, root
from certengine.model.credential import Keyring, KeyUse
from certengine.services.context import Context, open_context
from certengine.services.log_check import check_log
from certengine.services.log_entries import entry_of
from certengine.services.setting_up import init_workspace
from certengine.services.transparency import origin_of
from certengine.services.written_down import digest_of
from certengine.store import log
from certengine.store.commitments import Committed
from certengine.store.log import NewEntry

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LIMIT = 30.0


def acts(
    count: int, entries: int, after: int = 0
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[NewEntry]]:
    """Rows of the trail in a chain that fits, commitments, and entries of the first so many; ``after`` so many others."""
    previous, rows, commitments, new = "genesis", [], [], []
    for seq in range(after + 1, after + count + 1):
        details: dict[str, object] = {"pdf_digest": digest_of_bytes(str(seq).encode())}
        number, value = f"S26{seq:09}", digest_of_bytes(f"c{seq}".encode())
        made = Committed(act=seq, kind="issue", subject=number, value=value)
        if seq <= entries:
            details["records"] = digest_of([made])
            commitments.append((seq, made.kind, made.subject, made.value))
        row = {
            "action": "cert.issue",
            "actor": "zhou-ying",
            "at": "2026-11-22T09:00:00Z",
            "details": json.dumps(details, separators=(",", ":")),
            "previous": previous,
            "seq": seq,
            "subject": number,
        }
        previous = digest_of_bytes(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
        rows.append(
            (seq, row["at"], row["actor"], row["action"], row["subject"], row["details"], row["previous"], previous)
        )
        if seq <= entries:
            new.append(NewEntry(act=seq, kind="issue", subject=number, content=entry_of(made, previous)))
    return rows, commitments, new


def fill(context: Context, count: int, entries: int) -> None:
    """The trail, the log and a signed checkpoint."""
    rows, commitments, new = acts(count, entries)
    file = context.database.file
    assert file is not None
    inserted(file, rows, commitments)
    begun, worked = time.perf_counter(), time.process_time()
    with context.writing() as writer:
        for start in range(0, entries, 20_000):
            log.append_entries(writer, new[start : start + 20_000])
    spent, worked = time.perf_counter() - begun, time.process_time() - worked
    say(
        f"append in bulk      {entries / spent:12,.0f} entries a second, {entries / worked:,.0f} by processor (asked: 20,000)"
    )
    key = ed25519.Ed25519PrivateKey.generate()
    record = key_record(key.public_key(), not_before=AT, not_after=AT, use=KeyUse.LOG)
    keyring = Keyring(issuer=context.workspace.config.issuer_noun(), keys=(record,), roots=())
    folder = context.workspace.keys_folder()
    folder.mkdir(exist_ok=True)
    (folder / "keyring.json").write_bytes(keyring_bytes(keyring))
    with context.writing() as writer:
        nodes = log.StoredNodes(writer)
        value = root(entries, nodes)
        text = sign_checkpoint(
            origin_of(keyring), entries, value, public=key.public_key().public_bytes_raw(), sign=key.sign
        ).text
        log.append_checkpoint(writer, entries, text, "2026-11-22T09:00:00Z")
        places = range(entries // 3, entries // 3 + min(10_000, entries // 2))
        begun = time.perf_counter()
        proofs = [(place, inclusion_proof(place, entries, nodes)) for place in places]
        spent = time.perf_counter() - begun
        say(f"inclusion proofs    {len(proofs) / spent:12,.0f} a second, nodes from the database (asked: 10,000)")
        again = time.perf_counter()
        for place in places:
            inclusion_proof(place, entries, nodes)
        say(f"  nodes at hand     {len(places) / (time.perf_counter() - again):12,.0f} a second")
    place, proof = proofs[0]
    assert includes(leaf_hash(new[place].content), place, entries, proof, value)


def inserted(file: str, rows: list[tuple[object, ...]], commitments: list[tuple[object, ...]]) -> None:
    """Acts written past the triggers, which would look at each."""
    with sqlite3.connect(file) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO commitment (act, kind, subject, value) VALUES (?, ?, ?, ?)", commitments)
        for _, sql in triggers:
            connection.execute(sql)
    connection.close()


def checked(context: Context, what: str) -> None:
    """One check, timed."""
    begun, worked = time.perf_counter(), time.process_time()
    found = check_log(context)
    spent, worked = time.perf_counter() - begun, time.process_time() - worked
    told = found.problems[0] if found.problems else f"act {found.first_break}" if found.first_break else "whole"
    verdict = "" if spent < LIMIT else "  TOO SLOW"
    say(f"{what:<19} {spent:12.1f} s ({worked:.1f} s of processor)  {told}{verdict}")


def altered(context: Context, statement: str, row: int) -> None:
    """One row changed behind the program's back."""
    file = context.database.file
    assert file is not None
    with sqlite3.connect(file) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement, (row,)).rowcount == 1
        for _, sql in triggers:
            connection.execute(sql)
    connection.close()


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(text + "\n")


def main() -> None:
    """Fill, check, alter, check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--acts", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="certengine-log-"))
    try:
        root_folder = init_workspace(folder / "academy", sample=False)
        context = open_context(root_folder, actor="zhou-ying")
        say(f"{given.acts:,} acts, {given.entries:,} of them in the log")
        fill(context, given.acts, given.entries)
        checked(context, "a sound log")
        middle = given.acts // 2
        altered(context, "UPDATE audit SET actor = 'somebody' WHERE seq = ?", middle)
        checked(context, "one act altered")
        altered(context, "UPDATE audit SET actor = 'zhou-ying' WHERE seq = ?", middle)
        altered(
            context, "UPDATE log_entry SET content = replace(content, 'a', 'b') WHERE place = ?", given.entries // 2
        )
        checked(context, "one entry altered")
        context.database.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
