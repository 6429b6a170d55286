"""The pages of the static mirror: Chinese and English on one page, no script, nothing that asks a server anything.

Invariants:

1. A page is complete as a file: no form, no query, no language switch; its one style sheet and its one frame are files
   of the mirror.
2. A certificate's page says when its answer was given; when the mirror was last renewed stands in ``as-of.html``, which
   every page shows in a frame. So a page changes only when its answer does, and an old mirror still shows its age.
3. Everything shown is data and is escaped.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from certengine.canonical import digest
from certengine.credentials.wording import advice, heading, instant_words, tone_of
from certengine.documents.receipt import OUTCOMES, facts_of
from certengine.documents.template_folder import TemplateFolder
from certengine.model.credential import Issuer, State, Verdict
from certengine.model.text import Text

_TEMPLATE = "mirror.html"
_STYLES = ("page.css", "mirror.css")


class MirrorPages:
    """The pages of one issuer's mirror, from one folder of templates."""

    def __init__(self, folder: Path, issuer: Issuer) -> None:
        """Open the folder that has ``mirror.html``, ``mirror.css`` and ``page.css``.

        Raises:
            NotFound: when it has not.
        """
        self._folder = TemplateFolder(folder)
        self._issuer = issuer
        self.styles = tuple((name, self._folder.css(name).encode()) for name in _STYLES)
        # The text of a template is read by the same door as that of a style sheet.
        self.design = digest([self._folder.css(_TEMPLATE), issuer])

    def verdict(self, verdict: Verdict) -> str:
        """The page of a certificate."""
        return self._page(
            kind="verdict",
            heading=heading(verdict),
            advice=advice(verdict),
            tone=tone_of(verdict.state, specimen=verdict.specimen),
            state=verdict.state.value,
            checked_at=instant_words(verdict.checked_at),
            facts=facts_of(verdict.claims),
            checks=[(*OUTCOMES[check.outcome], check.outcome.value, check.detail) for check in verdict.checks],
            open=verdict.state is not State.VALID,
        )

    def home(self) -> str:
        """The first page: how a certificate is looked up here."""
        return self._page(kind="home", heading=Text.of(zh="核验证书", en="Check a certificate"))

    def not_found(self) -> str:
        """The page of any address that is none, whatever is wrong with it."""
        return self._page(kind="missing", heading=Text.of(zh="查无此证书", en="No such certificate"))

    def as_of(self, made_at: datetime, valid_until: datetime) -> str:
        """What every page shows in its frame: when the mirror was renewed, and until when it may be relied on."""
        return self._page(
            kind="as-of",
            heading=Text.of(zh="镜像更新时间", en="Age of this mirror"),
            made_at=instant_words(made_at),
            valid_until=instant_words(valid_until),
        )

    def _page(self, **values: object) -> str:
        return self._folder.render(_TEMPLATE, issuer=self._issuer, **values)
