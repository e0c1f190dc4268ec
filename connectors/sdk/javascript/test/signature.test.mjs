import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import sdk from './sdk.mjs';

/** What a refusal says that was thrown. */
function refused(run) {
  try {
    run();
  } catch (thrown) {
    assert.equal(thrown.tag, 'refuse');
    return [thrown.val.reason.tag, thrown.val.status];
  }
  return undefined;
}

test('HMACs are those of Node.js', () => {
  for (const length of [0, 1, 63, 64, 65, 127, 128, 129, 5000]) {
    const [key, body] = [randomBytes(length || 1), randomBytes(length)];
    for (const name of ['sha1', 'sha256', 'sha512']) {
      const expected = createHmac(name, key).update(body).digest();
      const found = sdk.hmac(sdk[name], new Uint8Array(key), body.subarray(0, 3), body.subarray(3));
      assert.equal(sdk.hex(found), expected.toString('hex'), `${name} of ${length} bytes`);
      assert.equal(sdk.base64(found), expected.toString('base64'));
    }
  }
});

test('any secret in rotation fits, and none is our fault', () => {
  const given = sdk.hmac(sdk.sha256, 'old', 'body');
  const verify = (...secrets) => refused(() => sdk.verifyHmac(sdk.sha256, secrets, given, 'body'));
  assert.equal(verify('new', 'old'), undefined);
  assert.deepEqual(verify('new'), ['mismatch', 401]);
  assert.deepEqual(verify(), ['misconfigured', 503]);
  assert.deepEqual(verify(''), ['misconfigured', 503]);
});

test('a token is compared as it is', () => {
  const verify = (secrets, given) => refused(() => sdk.verifyToken(secrets, given, 'the header'));
  assert.equal(verify(['new', 'ölд'], 'ölд'), undefined);
  for (const given of ['ne', 'neww', 'New', 'new ']) assert.deepEqual(verify(['new'], given), ['mismatch', 401], given);
  assert.deepEqual(verify(['new'], undefined), ['missing-signature', 401]);
  assert.deepEqual(verify(['new'], ''), ['missing-signature', 401]);
  assert.deepEqual(verify([''], ''), ['misconfigured', 503]);
});

test('every byte is looked at, wherever the first difference is', () => {
  const left = randomBytes(32);
  assert.equal(sdk.equal(left, Buffer.from(left)), true);
  assert.equal(sdk.equal(left, left.subarray(1)), false);
  for (let at = 0; at < 32; at += 1) {
    const looked = new Set();
    const right = Buffer.from(left);
    right[at] ^= 1;
    const spy = new Proxy(right, { get: (bytes, key) => (looked.add(key), bytes[key]) });
    assert.equal(sdk.equal(left, spy), false);
    assert.equal(looked.has('31'), true, `it stopped at ${at}`);
  }
});

test('a digest of another length or alphabet is no digest', () => {
  const digest = createHmac('sha256', 'key').update('body').digest();
  const [hex, base64] = [digest.toString('hex'), digest.toString('base64')];
  assert.deepEqual(sdk.hexDigest(hex, 32), new Uint8Array(digest));
  assert.deepEqual(sdk.hexDigest(hex.toUpperCase(), 32), new Uint8Array(digest));
  assert.deepEqual(sdk.base64Digest(base64, 32), new Uint8Array(digest));
  for (const text of ['zz', 'abcd', hex.slice(1), `${hex}0`, `${hex.slice(1)}g`]) {
    assert.deepEqual(refused(() => sdk.hexDigest(text, 32)), ['bad-encoding', 401], text);
  }
  for (const text of [base64.slice(0, -1), ` ${base64}`, `${base64}=`, base64.replaceAll(/./g, '-'), hex]) {
    assert.deepEqual(refused(() => sdk.base64Digest(text, 32)), ['bad-encoding', 401], text);
  }
  assert.deepEqual(refused(() => sdk.hexDigest(undefined, 32)), ['missing-signature', 401]);
});

test('ids of a content depend on where its pieces end', () => {
  const hash = createHash('sha256');
  for (const piece of ['ab', 'ö']) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(piece)));
    hash.update(length).update(piece);
  }
  assert.equal(sdk.contentId('x', 'ab', 'ö'), `x:${hash.digest().subarray(0, 16).toString('base64url')}`);
  assert.notEqual(sdk.contentId('x', 'ab', 'c'), sdk.contentId('x', 'a', 'bc'));
});

test('the window has two ends', () => {
  const within = (signedAt) => refused(() => sdk.within(signedAt, 301_000, 300_000));
  assert.deepEqual([within(1_000), within(601_000)], [undefined, undefined]);
  assert.deepEqual([within(999), within(601_001)], [['stale', 401], ['stale', 401]]);
});
