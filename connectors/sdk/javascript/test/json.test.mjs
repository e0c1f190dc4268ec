import assert from 'node:assert/strict';
import { test } from 'node:test';
import sdk from './sdk.mjs';

test('no digit is lost', () => {
  const value = sdk.parseJson('{"id":12345678901234567890123,"n":-9007199254740993,"text":"12345678901234567890 \\" 1","e":1.5e3}');
  assert.deepEqual(value, { id: '12345678901234567890123', n: '-9007199254740993', text: '12345678901234567890 " 1', e: 1500 });
  assert.equal(sdk.parseJson('{12345678901234567890:1}'), undefined);
});

test('items are told apart, each letter by letter', () => {
  const items = ['{ "a" : "]\\"[," }', '[1,[2]]', '"a,b"', '1e3', 'null'];
  assert.deepEqual(sdk.rawItems(` [${items.join(' ,\n')} ] `), items);
  assert.deepEqual(['[]', '{}', '[1,]', 'x'].map(sdk.rawItems), [[], undefined, undefined, undefined]);
  const members = sdk.rawMembers('{"a":{"b":[1, 2]},"__proto__":1,"c\\"d":"x:y", "n": 12345678901234567890}');
  assert.deepEqual(Object.entries(members), [['a', '{"b":[1, 2]}'], ['__proto__', '1'], ['c"d', '"x:y"'], ['n', '12345678901234567890']]);
});

test('a deep item leaves its neighbours alone', () => {
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  assert.equal(sdk.parseJson(deep), undefined);
  assert.deepEqual(sdk.rawItems(`[{"a":1},${deep},2]`), ['{"a":1}', deep, '2']);
  assert.deepEqual(sdk.rawMembers(`{"x":[1,${deep}],"y":2}`), { x: `[1,${deep}]`, y: '2' });
  for (const broken of [`[${deep}`, `[${deep}]]`, `[${deep} 1]`, `{"a":${deep}}`.slice(1)]) assert.equal(sdk.rawItems(broken), undefined);
});

test('texts and numbers arrive in each other’s clothes', () => {
  assert.deepEqual(['a', 7, true, null, {}, NaN].map(sdk.textOf), ['a', '7', 'true', undefined, undefined, undefined]);
  assert.deepEqual(['1.5', 2, '', 'x', null].map(sdk.numberOf), [1.5, 2, undefined, undefined, undefined]);
  assert.deepEqual(['3.9', -1, 1e300].map(sdk.wholeOf), [3, undefined, undefined]);
  const times = [1790000000, '1790000000123', 'soon', -5, 1e300].map(sdk.milliseconds);
  assert.deepEqual(times, [1790000000000, 1790000000123, undefined, undefined, undefined]);
  assert.deepEqual(sdk.scalars({ a: 1, b: 'x', c: null, d: [], e: false }, ['b']), [['a', '1'], ['e', 'false']]);
});

test('UTF-8 is strict, and half a letter does not leave', () => {
  const text = 'aö漢😀\u0000';
  assert.deepEqual(Buffer.from(sdk.utf8(text)), Buffer.from(text));
  assert.equal(sdk.utf8Decode(sdk.utf8(text.repeat(5000))), text.repeat(5000));
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe6, 0xbc]]) {
    assert.equal(sdk.utf8Decode(Uint8Array.from(bytes)), undefined);
  }
  assert.equal(sdk.wellFormed('a\ud800b\udc00'), 'a\ufffdb\ufffd');
});
