// A library that we did not write takes what the simulator makes, by the same header, and refuses it with another secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bot, webhookCallback } from 'grammy';
import { connector } from './bundle.mjs';

const SECRET = 'telegram-secret-1';
const CONTEXT = { settings: [['secret_token', SECRET], ['bot_id', '8000000001']], now: 1790000300000, exchanges: [] };
const EVENT = {
  id: '900000001',
  account: '8000000001',
  contact: { identifiers: [{ scheme: { tag: 'id' }, value: '7000001' }], name: 'Ana' },
  kind: { tag: 'message', val: { id: '7000001:101', parts: [{ tag: 'text', val: 'Olá 😀' }], forwarded: false, automated: false } },
  attributes: [],
};

/** What grammY answers, and the texts that its bot was told. */
async function grammy(request, secretToken) {
  const told = [];
  const botInfo = { id: 8000000001, is_bot: true, first_name: 'Shop', username: 'shop_example_bot' };
  const bot = new Bot('8000000001:fake-token', { botInfo });
  bot.on('message:text', (context) => told.push([context.chatId, context.msgId, context.msg.text]));
  const { url, method, headers, body } = request;
  const response = await webhookCallback(bot, 'std/http', { secretToken })(new Request(url, { method, headers, body }));
  return { status: response.status, told };
}

test('grammY takes a simulated webhook', async () => {
  const { simulator, inbound } = await connector();
  const request = simulator.simulate(EVENT, 'https://hooks.example.org/hooks/telegram', CONTEXT);
  assert.deepEqual(await grammy(request, SECRET), { status: 200, told: [[7000001, 101, 'Olá 😀']] });
  assert.equal(inbound.receive(request, CONTEXT).tag, 'answer');
});

test('both refuse another secret, and none', async () => {
  const { simulator, inbound } = await connector();
  const request = simulator.simulate(EVENT, 'https://hooks.example.org/hooks/telegram', CONTEXT);
  const headers = request.headers.filter(([name]) => name !== 'x-telegram-bot-api-secret-token');
  const wrong = [...headers, ['x-telegram-bot-api-secret-token', `${SECRET}1`]];
  for (const forged of [{ ...request, headers }, { ...request, headers: wrong }]) {
    assert.deepEqual(await grammy(forged, SECRET), { status: 401, told: [] });
    assert.equal(inbound.receive(forged, CONTEXT).val.status, 401);
  }
});
