"""The QR codes in a picture: it is judged by the one certificate that they are of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from certengine.credentials import sentences as say
from certengine.credentials.qr import read_qr_text
from certengine.model.credential import Check, Outcome, State, Verdict
from certengine.model.text import Text


def the_one_text(texts: Iterable[str], at: datetime) -> str | Verdict:
    """The text to judge, a signed one where there is one; or the verdict, when no certificate or several are shown.

    Codes that are not ours are left out.
    """
    read = [(text, part) for text in texts if (part := read_qr_text(text)) is not None]
    certificates = {part.code for _, part in read}
    if len(certificates) != 1:
        return unreadable_verdict(say.SEVERAL_IN_PICTURE if certificates else say.NONE_IN_PICTURE, at)
    return min(read, key=lambda one: one[1].token is None)[0]


def unreadable_verdict(why: Text, at: datetime) -> Verdict:
    """The verdict on what cannot be read at all."""
    check = Check(id="format", outcome=Outcome.FAILED, detail=why)
    return Verdict(state=State.UNREADABLE, checked_at=at, checks=(check,))
