"""``certengine.toml``: issuer, database, keys, people. Unknown keys are errors with a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from certengine.errors import Finding, InputError, NotFound, Place
from certengine.model.credential import Issuer
from certengine.model.text import Text
from certengine.workspace.binding import bind, closest
from certengine.workspace.separations import SeparationException, exception_faults
from certengine.workspace.toml_source import read_toml
from certengine.workspace.yaml_source import YamlSource

FILE_NAME = "certengine.toml"
ROLES = ("administrator", "author", "reviewer", "assessor", "decider", "approver", "keyholder", "auditor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """A scheme that a person may assess, up to and including a day where it ends."""

    scheme: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who acts in this workspace.

    Attributes:
        roles: of :data:`ROLES`.
        qualifications: what an assessor may assess; nobody is asked who declares none, unless the scheme's panel does.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ()
    qualifications: tuple[Qualification, ...] | None = None

    def may_assess(self, scheme: str, on: date) -> bool | None:
        """Whether the person is qualified for a scheme on a day; ``None`` when nothing is declared."""
        if self.qualifications is None:
            return None
        return any(one.scheme == scheme and (one.until is None or on <= one.until) for one in self.qualifications)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerConfig:
    """Who issues, and the host of its verification endpoint.

    Attributes:
        utc_offset_hours: the issuer's civil time, by which the printed date of issue is told; 8 is Beijing's.
    """

    id: str
    name: Text
    domain: str
    sample: bool = True
    utc_offset_hours: Decimal = Decimal(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseConfig:
    """Where the store is: an SQLAlchemy address, relative SQLite paths against the workspace."""

    url: str = "sqlite:///certengine.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysConfig:
    """Where private keys lie and how they are opened.

    Attributes:
        passphrase_file: a file only its owner may read; without it the passphrase is asked for.
        pkcs11_module: the library by which a token with document keys is reached; ``pkcs11_token`` its label.
        pin_file: a file only its owner may read, with the token's PIN; without it the PIN is asked for.
    """

    folder: str = "keys"
    passphrase_file: str | None = None
    pkcs11_module: str | None = None
    pkcs11_token: str | None = None
    pin_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampingConfig:
    """The time-stamping authority (RFC 3161) that stamps signatures; nothing is asked of any when none is named.

    Attributes:
        anchor: a file of certificates (PEM) by which its stamps are trusted, against the workspace.
        credentials_file: ``name:password`` on the first line of a file only its owner may read, where it asks for them.
        seconds: how long one answer may take.
        revocation_lists: files (PEM or DER) that say which certificates of the authority, or of whoever issued a document
            key from elsewhere, are withdrawn; they go into archived files.
    """

    url: str
    anchor: str
    credentials_file: str | None = None
    seconds: Decimal = Decimal(10)
    revocation_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long records of candidates are kept before a person may be erased.

    Attributes:
        years: from the last thing that happened, and from the end of each certificate that has one.
        register: what becomes of the register's entry of a certificate that is no longer in force: ``keep`` or ``erase``.
    """

    years: int
    register: Literal["keep", "erase"] = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    format: int
    issuer: IssuerConfig
    database: DatabaseConfig = DatabaseConfig()
    keys: KeysConfig = KeysConfig()
    time_stamping: TimeStampingConfig | None = None
    people: tuple[Person, ...] = ()
    exceptions: tuple[SeparationException, ...] = ()
    retention: RetentionConfig | None = None

    def issuer_noun(self) -> Issuer:
        """The issuer as credentials name it."""
        issuer = self.issuer
        return Issuer(id=issuer.id, name=issuer.name, domain=issuer.domain, sample=issuer.sample)


def read_config(root: Path) -> Config:
    """The configuration of a workspace.

    Raises:
        NotFound: when the folder is not a workspace.
        InputError: with every finding when the file does not hold together.
    """
    path = root / FILE_NAME
    try:
        source = read_toml(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise NotFound(
            f"`{root}` is not a workspace: it has no {FILE_NAME}",
            hint="`certengine init DIR` makes one; `--workspace DIR` names another",
            code="workspace/not-found",
        ) from None
    if source.findings:
        raise InputError(
            f"{FILE_NAME} is not TOML", findings=tuple(source.findings), hint=source.findings[0].hint
        ) from None
    findings: list[Finding] = []
    config = bind(Config, source.data, source, (), findings, area="config")
    if config is not None:
        findings.extend(_faults(config, source))
    if config is None or findings:
        raise InputError(f"{FILE_NAME} does not hold together", findings=tuple(findings), hint=findings[0].hint)
    _demand_exceptions(config, path)
    return config


def _faults(config: Config, source: YamlSource) -> Iterator[Finding]:
    if config.format != 1:
        yield source.finding(
            "config/format", f"format 1 is read here, given: {config.format}", ("format",), hint="write `format = 1`"
        )
    met: set[str] = set()
    for number, person in enumerate(config.people):
        path = ("people", number)
        if person.id in met:
            hint = "keep one entry, with all roles"
            yield source.finding("config/duplicate-person", f"`{person.id}` stands twice", (*path, "id"), hint=hint)
        met.add(person.id)
        for role in person.roles:
            if role not in ROLES:
                yield source.finding(
                    "config/unknown-role",
                    f"`{role}` is not a role{closest(role, ROLES)}",
                    (*path, "roles"),
                    hint=f"the roles are: {', '.join(ROLES)}",
                )


def _demand_exceptions(config: Config, path: Path) -> None:
    faults = tuple(exception_faults(config.exceptions, {person.id for person in config.people}))
    if faults:
        hint = "each needs `person`, `separation`, `reason`, `until`, and `agreed_by`: another person who is declared"
        place = Place(source=str(path))
        found = tuple(Finding(code="config/exception", message=one, place=place, hint=hint) for one in faults)
        raise InputError(f"{FILE_NAME} does not hold together", findings=found, hint=hint)
