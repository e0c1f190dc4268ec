// Signatures over bytes: decoded strictly, compared in constant time, tried with every secret in rotation. No secret, no
// expected digest and nothing of the body comes into a refusal.
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { refusal } from './steps.js';
import { binary, utf8 } from './text.js';

export { sha1, sha256, sha512 };

/** How many secrets of one setting are tried. */
const SECRETS_MAX = 8;

/** The HMAC of a message in pieces (bytes or texts), with `sha1`, `sha256` or `sha512`. */
export function hmac(hash, key, ...pieces) {
  const mac = nobleHmac.create(hash, bytesOf(key));
  for (const piece of pieces) mac.update(bytesOf(piece));
  return mac.digest();
}

/**
 * Verifies a digest over a message in pieces with each of the secrets. Throws a refusal: 401 `mismatch` where none fits, 503
 * `misconfigured` where there is none, since an empty setting must not look like a forgery, nor ever like a genuine webhook.
 */
export function verifyHmac(hash, secrets, given, ...pieces) {
  const tried = configured(secrets);
  // Every secret is tried, whichever fits.
  const fits = tried.reduce((found, secret) => equal(hmac(hash, secret, ...pieces), given) || found, false);
  if (!fits) throw refusal('mismatch', 401, `signature fits none of ${tried.length} secrets`);
}

/** Verifies a text that the provider sends along (a token in a header) with each of the secrets. Refuses as `verifyHmac`. */
export function verifyToken(secrets, given, what) {
  const tried = configured(secrets);
  if (!given) throw missingSignature(what);
  const fits = tried.reduce((found, secret) => equal(utf8(secret), utf8(given)) || found, false);
  if (!fits) throw refusal('mismatch', 401, `${what} fits none of ${tried.length} secrets`);
}

/** Whether two byte arrays are equal, in a time that depends on their lengths only. */
export function equal(left, right) {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at += 1) difference |= left[at] ^ right[at];
  return difference === 0;
}

/** The bytes of a header that must be exactly `bytes` bytes in hex, either case. Throws a refusal with 401. */
export function hexDigest(text, bytes) {
  if (!text) throw missingSignature('signature');
  if (text.length !== bytes * 2 || !/^[0-9a-fA-F]*$/.test(text)) throw badEncoding('hex', bytes, text);
  return Uint8Array.from({ length: bytes }, (_, at) => parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

/** The bytes of a header that must be exactly `bytes` bytes in standard, padded Base64. Throws a refusal with 401. */
export function base64Digest(text, bytes) {
  if (!text) throw missingSignature('signature');
  const found = base64Decode(text);
  if (found?.length !== bytes) throw badEncoding('Base64', bytes, text);
  return found;
}

/** Lower-case hex. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Standard, padded Base64. */
export function base64(bytes) {
  return btoa(binary(bytes));
}

/** The bytes of standard, padded Base64; `undefined` where it is none. */
export function base64Decode(text) {
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    // `atob` is lenient: blanks, missing padding, bits that are left over.
    return base64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An id for an event whose provider gives none: `<prefix>:` and 22 characters that depend on the content alone. The pieces are
 * hashed with their lengths, so that different splits give different ids.
 */
export function contentId(prefix, ...pieces) {
  const hash = sha256.create();
  for (const piece of pieces) {
    const bytes = utf8(piece);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(4, bytes.length);
    hash.update(length).update(bytes);
  }
  const short = base64(hash.digest().subarray(0, 16)).replaceAll('+', '-').replaceAll('/', '_');
  return `${prefix}:${short.replaceAll('=', '')}`;
}

/** Throws a refusal with 401 where a signed time is farther from now than the tolerance, in either direction. Milliseconds. */
export function within(signedAt, now, tolerance) {
  const distance = Math.abs(signedAt - now);
  if (distance <= tolerance) return;
  const [found, allowed] = [distance, tolerance].map((time) => Math.floor(time / 1000));
  throw refusal('stale', 401, `signed ${found} s from now, allowed are ${allowed} s`);
}

/** A refusal with 503, so that the provider sends again once the operator has mended the configuration. */
export function misconfigured(what) {
  return refusal('misconfigured', 503, what);
}

/** A refusal with 401. */
export function missingSignature(what) {
  return refusal('missing-signature', 401, `${what} is missing`);
}

function configured(secrets) {
  const found = secrets.filter((secret) => secret !== '').slice(0, SECRETS_MAX);
  if (found.length === 0) throw misconfigured('no secret is configured');
  return found;
}

function badEncoding(encoding, bytes, text) {
  return refusal('bad-encoding', 401, `signature is not ${bytes} bytes in ${encoding} (${text.length} characters)`);
}

function bytesOf(piece) {
  return typeof piece === 'string' ? utf8(piece) : piece;
}
