"""The process that lays out one receipt: JSON with keyring and receipt comes in, the PDF goes out, nothing else."""

from __future__ import annotations

import json
import sys

from certengine.credentials.keyring import keyring_of
from certengine.services.receipts import receipt_page


def main() -> None:
    """Read, lay out, write; whatever fails is an exit code that is not 0."""
    question = json.load(sys.stdin)
    sys.stdout.buffer.write(receipt_page(question["receipt"].encode(), keyring_of(question["keyring"])))
