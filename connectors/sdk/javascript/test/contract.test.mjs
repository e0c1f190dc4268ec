import assert from 'node:assert/strict';
import { test } from 'node:test';
import sdk from './sdk.mjs';

const CONTEXT = { settings: [['secret', 'new'], ['secret', ''], ['secret', 'old']], now: 1790000000000, exchanges: [] };
const answer = (status, headers = []) => ({ status, headers, body: new Uint8Array() });

test('events have the defaults of the contract, and an id within its bounds', () => {
  const said = sdk.message({ id: 'm', parts: [sdk.text('half \ud800')] });
  const receive = (id) => sdk.receiver(() => ({
    response: sdk.response(200),
    events: [sdk.event({ id, account: 'a', kind: sdk.kind('message', said) })],
  })).receive({}, CONTEXT).val.events[0];
  const message = { id: 'm', parts: [{ tag: 'text', val: 'half \ufffd' }], forwarded: false, automated: false };
  assert.deepEqual(receive('1'), { id: '1', account: 'a', kind: { tag: 'message', val: message }, attributes: [] });
  assert.equal(receive('x'.repeat(512)).id, 'x'.repeat(512));
  assert.match(receive('x'.repeat(513)).id, /^long:/);
  assert.match(receive('ö'.repeat(257)).id, /^long:/);
  assert.match(receive('').id, /^event:/);
});

test('what is thrown is an answer, and a mistake is not', () => {
  const receive = (thrown) => sdk.receiver(() => { throw thrown; }).receive({}, CONTEXT);
  assert.deepEqual(receive(sdk.malformed('x')), { tag: 'refuse', val: { reason: { tag: 'malformed' }, status: 400, detail: 'x' } });
  assert.throws(() => receive(new Error('mistake')), /mistake/);
  assert.deepEqual(sdk.locator(() => { throw sdk.cannot('missing', 'x'); }).locate({}, '', CONTEXT), {
    tag: 'failed', val: { reason: { tag: 'invalid' }, code: 'missing', message: 'x' },
  });
  assert.deepEqual(sdk.lookUp(() => undefined).lookUp({}, '', undefined, CONTEXT), { tag: 'unknown' });
});

test('calls go on where the host is', () => {
  const { send } = sdk.sender((_, context) => {
    const calls = new sdk.Calls(context);
    const first = calls.make(sdk.get('https://a.example/1'));
    const second = calls.make(sdk.get(`https://a.example/${first.status}`));
    return [sdk.receipt(String(second.status), 0)];
  });
  const exchanges = [];
  for (const [url, status] of [['https://a.example/1', 200], ['https://a.example/200', 204]]) {
    const { tag, val } = send({}, { ...CONTEXT, exchanges });
    assert.deepEqual([tag, val.request.url], ['call', url]);
    exchanges.push({ request: val.request, response: answer(status) });
  }
  assert.deepEqual(send({}, { ...CONTEXT, exchanges }), { tag: 'sent', val: [sdk.receipt('204', 0)] });
});

test('every status has its class', () => {
  const expected = {
    301: 'other', 400: 'invalid', 401: 'unauthorized', 403: 'unauthorized', 404: 'unreachable', 408: 'transient', 409: 'other',
    410: 'unreachable', 413: 'invalid', 422: 'invalid', 429: 'rate-limited', 500: 'transient', 503: 'transient',
  };
  for (const [status, tag] of Object.entries(expected)) assert.equal(sdk.reasonOf(answer(Number(status)), 0).tag, tag, status);
  const waits = [['7', 7000], ['Mon, 21 Sep 2026 14:14:20 GMT', 60_000], ['Mon, 21 Sep 2026 14:00:00 GMT', 0], ['soon', undefined]];
  for (const [value, wait] of waits) {
    assert.equal(sdk.retryAfter(answer(429, [['Retry-After', value]]), 1_790_000_000_000), wait, value);
  }
});

test('settings that are empty are none', () => {
  assert.deepEqual([sdk.settings(CONTEXT, 'secret'), sdk.setting(CONTEXT, 'other')], [['new', 'old'], undefined]);
});

test('cuts stand between words', () => {
  for (const [text, most, expected] of [
    ['', 5, ['']], ['hello', 5, ['hello']], ['hello you', 5, ['hello', 'you']], ['hello you', 7, ['hello', 'you']],
    ['hello   you', 6, ['hello', 'you']], ['abcdefghij', 4, ['abcd', 'efgh', 'ij']], ['ab\ncd ef', 5, ['ab\ncd', 'ef']],
    [' abcdefgh', 4, [' abc', 'defg', 'h']], ['         abc', 4, ['abc']], ['😀😀😀', 4, ['😀😀', '😀']],
  ]) assert.deepEqual(sdk.atWordEnds(text, most), expected, `${text} at ${most}`);
  for (const [text, most, unit, expected] of [
    ['hello', 5, sdk.UTF16, undefined], ['hello you', 7, sdk.CHARS, 'hello…'], ['a😀😀', 4, sdk.UTF16, 'a😀…'],
    ['abcdef', 5, sdk.BYTES, 'ab…'],
  ]) assert.equal(sdk.shortened(text, most, unit), expected, text);
});

test('options become a list, and links have no number', () => {
  const options = [{ id: 'a', title: 'Yes' }, { id: 'x', title: 'Read', url: 'https://example.org' }, { id: 'b', title: 'No "never"' }];
  const { text, answers } = sdk.numbered({ text: 'Sure?\n', options });
  assert.equal(text, 'Sure?\n1. Yes\nRead: https://example.org\n2. No "never"');
  assert.deepEqual(JSON.parse(answers), [{ answer: '1', id: 'a', title: 'Yes' }, { answer: '2', id: 'b', title: 'No "never"' }]);
});
