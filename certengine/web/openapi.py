"""The description of the endpoint for programs (OpenAPI 3.1), written by hand and held to the routes by a test."""

from __future__ import annotations

from certengine.canonical import Json
from certengine.credentials.report import VERIFY_SCHEMA
from certengine.model.credential import Outcome, State
from certengine.web.asking import FILE_TYPES

_TWO_LANGUAGES: dict[str, Json] = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}

_VERDICT: dict[str, Json] = {
    "type": "object",
    "required": ["schema", "state", "valid", "specimen", "heading", "advice", "checked_at", "checks"],
    "properties": {
        "schema": {"const": VERIFY_SCHEMA},
        "state": {"enum": [state.value for state in State]},
        "valid": {"type": "boolean"},
        "specimen": {"type": "boolean"},
        "heading": _TWO_LANGUAGES,
        "advice": _TWO_LANGUAGES,
        "checked_at": {"type": "string", "format": "date-time"},
        "claims": {"type": "object", "description": "what the certificate prints, when a signature over it was good"},
        "status": {"type": "object", "description": "how it stands, as of when, and by which source"},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "outcome", "detail"],
                "properties": {
                    "id": {"type": "string"},
                    "outcome": {"enum": [outcome.value for outcome in Outcome]},
                    "detail": _TWO_LANGUAGES,
                },
            },
        },
    },
}

_MEDIA: dict[str, Json] = {
    "application/json": {"schema": {"$ref": "#/components/schemas/Verdict"}},
    "text/html": {},
}

_VERDICTS: dict[str, Json] = {
    "200": {"description": "the state is in the answer: valid, or why not", "content": _MEDIA},
    "400": {"description": "unreadable: not a code, a QR text, a PDF or a picture of a QR code", "content": _MEDIA},
    "404": {"description": "unknown: not on record, or not a code", "content": _MEDIA},
    "429": {"description": "too many requests; see Retry-After"},
    "503": {"description": "unchecked: cannot tell now", "content": _MEDIA},
}

_RECEIPT: dict[str, Json] = {
    "description": "the receipt, `certengine.receipt/1`; the page has it inside",
    "content": {"application/json": {}, "application/pdf": {}},
}

_CODE: Json = {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}
_LANG: Json = {"name": "lang", "in": "query", "schema": {"enum": ["zh", "en"]}}


def _get(summary: str, media: str, *, missing: bool = False, parameters: tuple[Json, ...] = ()) -> dict[str, Json]:
    responses: dict[str, Json] = {"200": {"description": summary, "content": {media: {}}}}
    if missing:
        responses["404"] = {"description": "there is none"}
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": responses}}


_POST_BODY: Json = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}, "text": {"type": "string"}},
            }
        },
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}},
        **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILE_TYPES},
        "text/plain": {"schema": {"type": "string"}},
    },
}

OPENAPI: dict[str, Json] = {
    "openapi": "3.1.0",
    "info": {
        "title": "certengine verification endpoint",
        "version": "1",
        "description": "Read-only. Look up a certificate by its code, or have a PDF, a picture of a QR code or its text "
        "verified. What is published for all has an ETag; look-ups are never stored.",
    },
    "paths": {
        "/": _get("the look-up form", "text/html", parameters=(_LANG,)),
        "/c/{code}": {
            "get": {"summary": "look up a code", "parameters": [_CODE, _LANG], "responses": _VERDICTS},
        },
        "/c/{code}.json": {
            "get": {"summary": "look up a code, as JSON", "parameters": [_CODE], "responses": _VERDICTS},
        },
        "/verify": {
            "post": {
                "summary": "verify a certificate file, a picture of its QR code, a QR text or a code; "
                "a code given in a browser redirects (303)",
                "parameters": [_LANG],
                "requestBody": _POST_BODY,
                "responses": {
                    **_VERDICTS,
                    "303": {"description": "the page of the code"},
                    "408": {"description": "it took too long to arrive"},
                    "413": {"description": "larger than 10 MB"},
                },
            }
        },
        "/c/{code}/receipt.{form}": {
            "get": {
                "summary": "a signed receipt of a look-up made now, as data or as a page to print",
                "parameters": [
                    _CODE,
                    {"name": "form", "in": "path", "required": True, "schema": {"enum": ["json", "pdf"]}},
                ],
                "responses": {**_VERDICTS, "200": _RECEIPT},
            }
        },
        "/receipt": {
            "post": {
                "summary": "a receipt that a page gave, as data or as a page to print",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "required": ["receipt"],
                                "properties": {"receipt": {"type": "string"}, "as": {"enum": ["pdf", "json"]}},
                            }
                        }
                    },
                },
                "responses": {
                    "200": _RECEIPT,
                    "400": {"description": "it is no receipt that this issuer signed"},
                    "429": {"description": "too many requests; see Retry-After"},
                    "503": {"description": "the page could not be laid out now"},
                },
            }
        },
        "/.well-known/jwks.json": _get("the issuer's keys (RFC 7517)", "application/jwk-set+json"),
        "/.well-known/did.json": _get("the issuer's DID document", "application/did+json"),
        "/status/{name}": _get(
            "a signed Bitstring Status List",
            "application/vc",
            missing=True,
            parameters=({"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},),
        ),
        "/log/checkpoint": _get("the signed checkpoint of the transparency log", "text/plain", missing=True),
        "/log/tile/{path}": _get(
            "a tile of the log, or a bundle of its entries (C2SP tlog-tiles)",
            "application/octet-stream",
            missing=True,
            parameters=({"name": "path", "in": "path", "required": True, "schema": {"type": "string"}},),
        ),
        "/openapi.json": _get("this document", "application/json"),
        "/healthz": _get("the process is alive", "text/plain"),
        "/readyz": {
            "get": {
                "summary": "the register and the keys can be read",
                "responses": {"200": {"description": "yes"}, "503": {"description": "no"}},
            }
        },
        "/metrics": _get("counters for Prometheus", "text/plain"),
        "/static/{name}": _get(
            "the style sheet and the script of the pages, named by their content",
            "text/css",
            missing=True,
            parameters=({"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},),
        ),
    },
    "components": {"schemas": {"Verdict": _VERDICT}},
}
