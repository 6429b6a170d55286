/* The signed token of a QR code: read, verified and judged in the visitor's browser.
 *
 * Invariant: the judgement is that of the server (certengine/credentials: cbor.py, token.py, verdict.py): same strictness,
 * same ladder. What could not be found out is "unchecked", never "valid".
 */

export class Unreadable extends Error {}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TOKEN_LIMIT = 2048;
export const DAY = 86400;
const LAST_DAY = 2932896; // 9999-12-31, in days since 1970
const EARLIEST_ZONE = 14 * 3600; // a date of issue begins first at UTC+14
export const LADDER = ["unreadable", "tampered", "unknown", "unchecked", "not_yet_valid", "expired", "valid"];
const TAG = Symbol("COSE_Sign1");

function demand(condition) {
  if (!condition) throw new Unreadable();
}

/* Unpadded base32 (RFC 4648) in its one spelling. */
export function decodeBase32(text) {
  demand(/^[A-Z2-7]+$/.test(text) && ![1, 3, 6].includes(text.length % 8));
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let buffer = 0, bits = 0, at = 0;
  for (const character of text) {
    buffer = (buffer << 5) | BASE32.indexOf(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
    buffer &= (1 << bits) - 1;
  }
  demand(buffer === 0);
  return bytes;
}

/* Deterministic CBOR (RFC 8949 4.2.1), the part that tokens use: integers, bytes, text, lists, maps, tag 18. */
export function decodeCbor(data) {
  let at = 0;
  function head() {
    demand(at < data.length);
    const major = data[at] >> 5, info = data[at] & 31;
    at += 1;
    if (info < 24) return [major, info];
    demand(info <= 27);
    const width = 1 << (info - 24);
    demand(at + width <= data.length);
    let argument = 0;
    for (let end = at + width; at < end; at++) argument = argument * 256 + data[at];
    // Numbers beyond 2^53 would be rounded; no field of a token may be that great.
    demand(argument >= (width === 1 ? 24 : 2 ** (4 * width)) && argument <= Number.MAX_SAFE_INTEGER);
    return [major, argument];
  }
  function slice(length) {
    demand(at + length <= data.length);
    at += length;
    return data.subarray(at - length, at);
  }
  function map(length, depth) {
    const found = new Map();
    let last = new Uint8Array();
    for (let n = 0; n < length; n++) {
      const start = at, key = value(depth - 1), encoded = data.subarray(start, at);
      demand(typeof key === "number" && before(last, encoded));
      last = encoded;
      found.set(key, value(depth - 1));
    }
    return found;
  }
  function value(depth) {
    demand(depth > 0);
    const [major, argument] = head();
    if (major === 0) return argument;
    if (major === 1) return -1 - argument;
    if (major === 2) return slice(argument);
    if (major === 3) return utf8(slice(argument));
    if (major === 4) {
      const items = [];
      for (let n = 0; n < argument; n++) items.push(value(depth - 1));
      return items;
    }
    if (major === 5) return map(argument, depth);
    demand(major === 6 && argument === 18);
    return { [TAG]: value(depth - 1) };
  }
  const found = value(6);
  demand(at === data.length);
  return found;
}

function before(one, other) {
  for (let n = 0; n < one.length && n < other.length; n++) if (one[n] !== other[n]) return one[n] < other[n];
  return one.length < other.length;
}

function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable();
  }
}

/* The token in these bytes (RFC 9052, RFC 8392), its signature not yet verified. */
export function decodeToken(data) {
  demand(data.length <= TOKEN_LIMIT);
  const tagged = decodeCbor(data)?.[TAG];
  demand(Array.isArray(tagged) && tagged.length === 4);
  const [protectedHeader, unprotected, payload, signature] = tagged;
  demand([protectedHeader, payload, signature].every(isBytes) && unprotected instanceof Map);
  demand(unprotected.size === 0 && signature.length === 64);
  const header = exactly(decodeCbor(protectedHeader), [1, 4], []);
  demand(header.get(1) === -8 && isBytes(header.get(4)) && header.get(4).length === 8);
  return {
    kid: [...header.get(4)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    claims: claimsOf(decodeCbor(payload)),
    signed: toBeSigned(protectedHeader, payload),
    signature,
  };
}

function claimsOf(payload) {
  const fields = exactly(payload, [1, 6, 7, -70001], [4]);
  const certificate = exactly(fields.get(-70001), [1, 8, 10, 11, 12], [2, 3, 4, 5, 6]);
  const text = (key) => (certificate.has(key) ? textOf(certificate.get(key)) : null);
  demand(certificate.has(3) || certificate.has(4));
  demand(certificate.has(5) || certificate.has(6));
  count(certificate.get(11), 2 ** 32);
  return {
    domain: textOf(fields.get(1)),
    code: codeOf(fields.get(7)),
    holder: { zh: text(1), en: text(2) },
    title: { zh: text(3), en: text(4) },
    level: { zh: text(5), en: text(6) },
    scheme: text(8),
    number: text(12),
    issued_on: count(certificate.get(10), LAST_DAY),
    valid_until: fields.has(4) ? lastDay(fields.get(4)) : null,
    issued_at: count(fields.get(6), LAST_DAY * DAY),
  };
}

function isBytes(value) {
  return value instanceof Uint8Array;
}

function exactly(map, required, optional) {
  demand(map instanceof Map && required.every((key) => map.has(key)));
  demand([...map.keys()].every((key) => required.includes(key) || optional.includes(key)));
  return map;
}

function textOf(value) {
  demand(typeof value === "string" && value !== "");
  return value;
}

function count(value, greatest) {
  demand(typeof value === "number" && value >= 0 && value <= greatest);
  return value;
}

function lastDay(value) {
  const seconds = count(value, LAST_DAY * DAY);
  demand(seconds > 0 && seconds % DAY === 0);
  return seconds / DAY - 1;
}

function codeOf(bytes) {
  demand(isBytes(bytes) && bytes.length === 16);
  let bits = bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) << 2n;
  let code = "";
  for (let n = 0; n < 26; n++, bits >>= 5n) code = CROCKFORD[Number(bits & 31n)] + code;
  return code;
}

function toBeSigned(protectedHeader, payload) {
  const context = new TextEncoder().encode("Signature1");
  return Uint8Array.from([
    0x84, 0x60 | context.length, ...context,
    ...byteHead(protectedHeader.length), ...protectedHeader,
    0x40, ...byteHead(payload.length), ...payload,
  ]);
}

function byteHead(length) {
  if (length < 24) return [0x40 | length];
  return length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255];
}

/* Whether a code of an address, full or typed, is the start of a token's code. */
export function sameCode(typed, code) {
  const spelled = typed.normalize("NFKC").replace(/[ \-_.\t\u2010-\u2015\u2212]/g, "").toUpperCase()
    .replace(/[IL]/g, "1").replace(/O/g, "0");
  return spelled.length === code.length ? spelled === code : spelled.slice(0, 16) === code.slice(0, 16);
}

/* The verdict on a fragment.
 *
 * given: {keys() -> JWK list, specimens: {kid: x}, code, at (seconds), same(claims) -> bool, compared: whether there was
 * anything to compare with}; the keys are asked for only once the token could be read. Gives {state, specimen, revokedLater, claims, checks: [[id, outcome, detail key, day?]],
 * missing}, where missing is "keys" or "crypto" when the signature could not be checked: the state is then at best
 * "unchecked". Of a key that was revoked after it signed, only the register can tell which certificates are genuine.
 */
export async function check(fragment, given) {
  const found = { states: [], specimen: false, revokedLater: false, claims: null, checks: [], missing: null };
  const add = (id, outcome, detail, state = null, day = null) => {
    found.checks.push([id, outcome, detail, day]);
    if (state) found.states.push(state);
  };
  const result = () => ({ ...found, state: worst(found.states.length ? found.states : ["valid"]) });
  let token;
  try {
    token = decodeToken(decodeBase32(fragment.toUpperCase()));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    add("format", "failed", "format_bad", "unreadable");
    return result();
  }
  const claims = token.claims;
  add("format", "passed", "format");
  const verified = await verify(token, given, add);
  if (verified === false) return result();
  if (typeof verified === "string") {
    found.missing = verified;
    add("token-signature", "not_done", verified === "keys" ? "no_keys" : "no_crypto", "unchecked");
  } else {
    found.claims = claims;
    judgeKey(verified, claims.issued_at, add, found);
  }
  if (sameCode(given.code, claims.code) && given.same(claims)) add("same-claims", "passed", given.compared ? "same" : "same_code");
  else add("same-claims", "failed", "differ", "tampered");
  judgeDates(claims, given.at, add);
  return result();
}

export function worst(states) {
  return states.reduce((one, other) => (LADDER.indexOf(other) < LADDER.indexOf(one) ? other : one));
}

/* The key that signed; false when none of ours did; "keys" or "crypto" when that could not be found out. */
async function verify(token, given, add) {
  let key;
  if (Object.hasOwn(given.specimens, token.kid)) key = { x: given.specimens[token.kid], specimen: true };
  else {
    try {
      key = (await given.keys()).find((one) => one.kid === token.kid && one.kty === "OKP" && one.crv === "Ed25519");
    } catch {
      return "keys";
    }
  }
  if (!key) {
    add("token-signature", "not_done", "key_unknown", "unknown");
    return false;
  }
  let good;
  try {
    const raw = Uint8Array.from(atob(key.x.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const imported = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    good = await crypto.subtle.verify("Ed25519", imported, token.signature, token.signed);
  } catch {
    return "crypto"; // an older browser, or a page that was not served over TLS
  }
  if (good) add("token-signature", "passed", "signature");
  else add("token-signature", "failed", "altered", "tampered");
  return good && key;
}

function judgeKey(key, at, add, found) {
  found.specimen = Boolean(key.specimen);
  found.revokedLater = Boolean(key.revoked);
  if (key.specimen) add("issuer-key", "failed", "specimen", "unknown");
  else if (at < key.nbf || at > key.exp || (key.revoked && at >= key.revoked.revoked_at))
    add("issuer-key", "failed", "key_not_in_use", "unknown");
  else add("issuer-key", "passed", "key");
}

function judgeDates(claims, at, add) {
  const { issued_on, valid_until } = claims;
  if (Math.floor((at + EARLIEST_ZONE) / DAY) < issued_on) add("dates", "failed", "begins", "not_yet_valid", issued_on);
  else if (valid_until === null) add("dates", "passed", "without_end");
  else if (Math.floor(at / DAY) > valid_until) add("dates", "failed", "ended", "expired", valid_until);
  else add("dates", "passed", "runs_until", null, valid_until);
}
