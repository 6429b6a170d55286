"""Making a workspace, and bringing its database up to date."""

from __future__ import annotations

import re
from pathlib import Path

from certengine.errors import UsageError
from certengine.services.context import default_actor
from certengine.services.given_secrets import remember_password
from certengine.store import schema
from certengine.store.engine import Database
from certengine.workspace.config import ROLES
from certengine.workspace.folders import find_workspace, make_workspace, open_workspace

_CONFIG = """\
# certengine workspace. Every key is explained in docs/formats.md; unknown keys are errors.
format = 1

[issuer]
id = "{issuer}"
domain = "{domain}"       # host of the verification endpoint; printed beside each QR code
sample = {sample}
utc_offset_hours = 8      # civil time of the printed dates
name = {{ zh = "{zh}", en = "{en}" }}

[database]
url = "{database}"

[keys]
folder = "keys"
# passphrase_file = "/run/secrets/certengine"   # without it the passphrase is asked for

# Who acts here. `certengine --as ID` names the acting person; without it it is the system's user.
{people}"""

_PERSON = '[[people]]\nid = "{id}"\nname = "{name}"\nroles = [{roles}]\n'

_SAMPLE_PEOPLE = (
    ("chen-li", "陈立", ("author", "assessor")),
    ("wang-min", "王敏", ("reviewer", "assessor")),
    ("li-qiang", "李强", ("assessor",)),
    ("zhao-ting", "赵婷", ("decider",)),
    ("sun-hao", "孙浩", ("approver",)),
    ("zhou-ying", "周颖", ("administrator", "keyholder")),
)


def init_workspace(root: Path, *, sample: bool, database: str | None = None) -> Path:
    """A new workspace with its database; returns its folder.

    Args:
        database: the address of an empty database; without it, an SQLite file in the workspace.

    Raises:
        Refused: when the folder exists and is not empty.
    """
    own = re.sub(r"[^A-Za-z0-9._-]", "-", default_actor()) or "administrator"
    # Whoever sets up a workspace may do everything in it but assess: an assessor decides nothing.
    own_roles = tuple(role for role in ROLES if role != "assessor")
    others = [person for person in _SAMPLE_PEOPLE if person[0] != own] if sample else []
    people = [(own, own, own_roles), *others]
    config = _CONFIG.format(
        issuer="sample-academy" if sample else "my-academy",
        domain="verify.example.org",
        database=_address(database),
        sample="true" if sample else 'false      # true prints "sample" on every certificate',
        zh="样例技术学院" if sample else "请填写机构名称",
        en="Sample Technical Academy" if sample else "Name of your body",
        people="\n".join(
            _PERSON.format(id=id_, name=name, roles=", ".join(f'"{role}"' for role in roles))
            for id_, name, roles in people
        ),
    )
    make_workspace(root, config, sample=sample, finish=upgrade_database)
    return root.resolve()


def _address(url: str | None) -> str:
    """An address as the configuration holds it: any that opens, as long as it fits a line of TOML.

    Raises:
        UsageError: when it is not an address, or holds what a line of TOML cannot.
    """
    if url is None:
        return "sqlite:///certengine.db"
    remember_password(url)
    Database(url).close()
    if re.search(r"[\"\\\\\x00-\x1f\x7f]", url):
        raise UsageError(
            "the database address holds quotes, backslashes or control characters", hint="encode them as %22, %5C"
        )
    return url


def upgrade_database(root: Path | None, *, db: str | None = None) -> str:
    """Bring a workspace's database to the newest schema, making it when it is missing; returns its version.

    Raises:
        CannotTell: when it is no database or cannot be written.
        Refused: when it is newer than this program.
    """
    workspace = open_workspace(root or find_workspace())
    url = workspace.database_url(db)
    remember_password(url)
    database = Database(url)
    try:
        schema.upgrade(database)
    finally:
        database.close()
    return schema.newest_version()
