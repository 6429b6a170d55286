"""The schemas of what strangers get: what is really written fits them, and what does not fit is not written so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.receipt import Basis, Rests, make_receipt
from certengine.credentials.verdict import judge, unknown_verdict
from certengine.model.credential import Presented, Standing
from certengine.services.site import export_site
from certengine.services.site_manifest import SITE_SCHEMA
from certengine.workspace.published_schemas import receipt_schema, site_schema
from tests.credentials.credential_world import CRED, CREDENTIAL, KEYRING, NOW, SPECIMEN, STRANGER, on_record
from tests.credentials.test_receipt import KEY
from tests.services.small_world import World, acting, passphrase

RECEIPT = jsonschema_rs.validator_for(receipt_schema(), validate_formats=True)

PRESENTED = st.sampled_from(
    [
        Presented(token=CRED.token()),
        Presented(token=CRED.token(), credential=CRED.badge(), code=CREDENTIAL.code),
        Presented(token=SPECIMEN.token()),
        Presented(token=STRANGER.token()),
        Presented(code=CREDENTIAL.code),
        Presented(token=b"x"),
        Presented(),
    ]
)


@given(
    presented=PRESENTED,
    standing=st.sampled_from(Standing),
    since=st.sampled_from([None, NOW]),
    target=st.sampled_from([None, CREDENTIAL.code, "number:S1", "nonsense"]),
    signed=st.booleans(),
    basis=st.sampled_from(
        [
            Basis(rests_on=Rests.NOTHING),
            Basis(rests_on=Rests.REGISTER, issuer=KEYRING.issuer),
            Basis(rests_on=Rests.BUNDLE, digest="sha256:" + "0" * 64, made_at=NOW, issuer=KEYRING.issuer),
        ]
    ),
)
@settings(max_examples=60)
def test_every_receipt_fits(
    presented: Presented, standing: Standing, since: Any, target: str | None, signed: bool, basis: Basis
) -> None:
    """Whatever was presented and however it stands, the receipt is as its schema says."""
    lookup = on_record(standing, since=since, reason="other", successor="S2" if since else None)
    verdict = judge(presented, keyring=KEYRING, lookup=lookup, at=NOW)
    method, sign = (KEY.method, KEY.private.sign) if signed else (None, None)
    for answer in (verdict, unknown_verdict(NOW)):
        data = make_receipt(answer, target=target, file_digest=None, source=basis, method=method, sign=sign)
        RECEIPT.validate(json.loads(data))


@pytest.mark.parametrize(
    "change",
    [
        {"score": 91},
        {"claims": {"birth_date": "1990-01-01"}},
        {"state": "fine"},
        {"presented": {"kind": "code", "ending": CREDENTIAL.code}},
        {"signed": True},
        {"checked_at": "yesterday"},
    ],
)
def test_what_is_no_receipt_does_not_fit(change: dict[str, Any]) -> None:
    """A field too many, a whole code, a word that is none, a signature that is missing."""
    data = make_receipt(unknown_verdict(NOW), target=None, file_digest=None, source=Basis(rests_on=Rests.NOTHING))
    assert RECEIPT.is_valid(json.loads(data))

    assert not RECEIPT.is_valid({**json.loads(data), **change})


@pytest.mark.slow
def test_the_manifest_of_a_mirror_fits(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    """What ``export-site`` writes is as its schema says, and the schema names the format that is written."""
    root = World(tmp_path_factory.mktemp("world")).copy("issued", tmp_path / "academy")
    with acting(root) as context:
        export_site(context, tmp_path / "site", passphrase)
    manifest = json.loads((tmp_path / "site" / "manifest.json").read_bytes())
    validator = jsonschema_rs.validator_for(site_schema(), validate_formats=True)

    validator.validate(manifest)
    assert manifest["schema"] == SITE_SCHEMA
    assert not validator.is_valid({**manifest, "codes": ["x"]})
