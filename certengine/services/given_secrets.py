"""What this process was given in secret - passphrases, PINs, passwords of addresses - so that no log of a bug holds it.

Whoever takes a secret in has it remembered here; whoever writes down what nobody foresaw has it taken out of the text. An
exception may quote a secret as it is, or as Python, JSON or an address write it, one within another: each is found.
What stays is a part of a secret, or one that something else has encoded; locals are in no log at all.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote_plus, unquote, urlsplit

_HIDDEN = "[secret]"
_given: set[str] = set()


def remember(secret: bytes) -> bytes:
    """Note a secret that was just given; the same secret back."""
    if secret:
        _given.add(secret.decode("utf-8", "surrogateescape"))
    return secret


def remember_password(url: str) -> None:
    """Note the password in an address, if there is one."""
    try:
        password = urlsplit(url).password
    except ValueError:  # it is no address, and is refused as such elsewhere
        return
    if password:
        remember(unquote(password).encode())


def without_secrets(text: str) -> str:
    """A text with every secret of this process taken out, the longest first: one may be a part of another."""
    for secret in sorted(_given, key=len, reverse=True):
        text = re.sub("".join(map(_written, re.findall(r"\\+|[^\\]", secret))), _HIDDEN, text)
    return text


def _written(char: str) -> str:
    """A pattern for all ways to write a character, or several backslashes: itself, its bytes, escaped any number of times."""
    if char.startswith("\\"):
        return r"(?:\\|%5[Cc])++"
    data = char.encode("utf-8", "surrogateescape")
    units = char.encode("utf-16-be", "surrogatepass").hex()
    ways = [  # the longer first: one byte of a character may be a character itself
        "".join(f"(?i:%{byte:02x})" for byte in data),
        re.escape(data.decode("latin-1")),
        re.escape(char),
        re.escape(data.decode("utf-8", "replace")),
        re.escape(quote_plus(data)),
        r"\\++".join(f"(?i:u{units[at : at + 4]})" for at in range(0, len(units), 4)),
        f"(?i:U{ord(char):08x})",
        r"\\++".join(f"(?i:x{byte:02x})" for byte in data),
        f"(?i:x{ord(char):02x})",
        *(re.escape(write(char)[1:-1].lstrip("\\")) for write in (repr, json.dumps)),
    ]
    return rf"\\*+(?:{'|'.join(ways)})"
