"""The JSON Schemas of the files that strangers get: a receipt of a check, and the manifest of a mirror.

They say what these files look like. Whether one is to be believed is said by its signature alone.
"""

from __future__ import annotations

from typing import Any

from certengine.credentials.receipt import RECEIPT_SCHEMA, Rests
from certengine.model.credential import Outcome, Standing, State

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: Schema = {"type": "string", "minLength": 1}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_DAY: Schema = {"type": "string", "format": "date"}
_DIGEST: Schema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_LANGUAGES: Schema = {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": False,
    }


_PROOF: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": 1,
    "items": _object(
        {
            "type": {"const": "DataIntegrityProof"},
            "cryptosuite": {"const": "eddsa-jcs-2022"},
            "created": _INSTANT,
            "verificationMethod": {"type": "string", "pattern": "^did:key:"},
            "proofPurpose": {"const": "assertionMethod"},
            "proofValue": {"type": "string", "pattern": "^z[1-9A-HJ-NP-Za-km-z]+$"},
        }
    ),
}
_PRESENTED = _object(
    {"kind": {"enum": ["file", "code", "qr-text", "number", "other"]}},
    {"digest": _DIGEST, "ending": {"type": "string", "minLength": 4, "maxLength": 4}, "number": _TEXT},
)
_CLAIMS = _object(
    {
        "number": _TEXT,
        "holder": _object({"name": _TEXT}, {"name_en": _TEXT}),
        "title": _LANGUAGES,
        "level": _LANGUAGES,
        "scheme": _TEXT,
        "issued_on": _DAY,
        "issuer_domain": _TEXT,
    },
    {"valid_until": _DAY, "occupation": _LANGUAGES, "issuer": _LANGUAGES},
)
_STATUS = _object(
    {"standing": {"enum": [one.value for one in Standing]}, "source": _TEXT, "known_at": _INSTANT},
    {"since": _INSTANT, "reason": _TEXT, "successor": _TEXT},
)
_CHECK = _object({"id": _TEXT, "outcome": {"enum": [one.value for one in Outcome]}, "detail": _LANGUAGES})


def receipt_schema() -> Schema:
    """A receipt of a check."""
    required: Schema = {
        "schema": {"const": RECEIPT_SCHEMA},
        "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "presented": _PRESENTED,
        "state": {"enum": [one.value for one in State]},
        "valid": {"type": "boolean"},
        "specimen": {"type": "boolean"},
        "heading": _LANGUAGES,
        "advice": _LANGUAGES,
        "checked_at": _INSTANT,
        "checks": {"type": "array", "items": _CHECK},
        "rests_on": _object({"kind": {"enum": [one.value for one in Rests]}}, {"digest": _DIGEST, "made_at": _INSTANT}),
        "signed": {"type": "boolean"},
    }
    issuer = _object({"id": _TEXT, "name": _LANGUAGES, "domain": _TEXT, "sample": {"type": "boolean"}})
    optional: Schema = {"claims": _CLAIMS, "status": _STATUS, "issuer": issuer, "proof": _PROOF}
    signed: Schema = {"if": {"properties": {"signed": {"const": True}}}, "then": {"required": ["proof"]}}
    return {"$schema": _DRAFT, "title": "Receipt", **_object(required, optional), **signed}


def site_schema() -> Schema:
    """The manifest of a mirror, ``manifest.json``: its files by name, a page by the digest of its code."""
    required: Schema = {
        "schema": {"const": "certengine.site/1"},
        "issuer": _TEXT,
        "design": _TEXT,
        "made_at": _INSTANT,
        "valid_until": _INSTANT,
        "files": {"type": "object", "additionalProperties": _DIGEST},
        "proof": _PROOF,
    }
    return {"$schema": _DRAFT, "title": "Manifest", **_object(required)}
