// The inverse: Telegram's webhook for an event.
import { objectOf, parseJson, setting, utf8 } from '../../sdk/javascript/trunkline.js';
import { content } from './simulator/content.js';
import { read } from './update.js';
import { SECRET_HEADER } from './webhook.js';

/** `simulator.simulate`. */
export function simulate(event, url, context) {
  const secret = setting(context, 'secret_token');
  const item = secret && update(event, context.now);
  if (!item) return undefined;
  const body = JSON.stringify({ update_id: number(event.id), ...item });
  // What was not thought of (something unknown with the name of something known) is not sent.
  if (read(JSON.parse(body), body, event.account).kind.tag !== event.kind.tag) return undefined;
  const headers = [['content-type', 'application/json'], [SECRET_HEADER, secret]];
  return { method: 'POST', url, headers, body: utf8(body) };
}

/** The key of an update with its content. */
function update(event, now) {
  const { tag, val } = event.kind;
  if (tag === 'other') {
    const value = parseJson(val.payload);
    return objectOf(value) === value && val.name !== 'update_id' ? { [val.name]: value } : undefined;
  }
  const who = frame(event, now);
  if (!who.chat) return undefined;
  switch (tag) {
    case 'message': return said('message', event, val, who);
    case 'edited': return said('edited_message', event, val, { ...who, edit_date: who.date });
    case 'reaction': {
      const { from, ...rest } = who;
      const list = val.emoji ? [{ type: 'emoji', emoji: val.emoji }] : [];
      if (val.name || val.target.author) return undefined;
      const before = val.emoji ? [] : [{ type: 'emoji', emoji: '👍' }];
      const target = messageOf(val.target.id, who.chat);
      return { message_reaction: { ...rest, user: from, message_id: target, old_reaction: before, new_reaction: list } };
    }
    case 'consent': return consent(event, val, who);
    default: return undefined;
  }
}

function said(name, event, message, who) {
  const [part] = message.parts;
  if (message.parts.length !== 1 || message.subject || message.referral || message.forwarded) return undefined;
  if (part.tag === 'choice') return name === 'message' ? press(message, part.val, who) : undefined;
  const fields = content(part);
  if (!fields || message.replyTo?.author) return undefined;
  const quoted = message.replyTo && { message_id: messageOf(message.replyTo.id, who.chat), chat: who.chat };
  return { [name]: { message_id: messageOf(message.id, who.chat), ...who, ...fields, reply_to_message: quoted ?? undefined } };
}

function press(message, { id, title, data }, { from, chat, date }) {
  if (typeof id !== 'string' || data) return undefined;
  const keyboard = title && { inline_keyboard: [[{ text: title, callback_data: id }]] };
  // Without a message that is told, an inaccessible one stands there, as Telegram does it.
  const asked = message.replyTo ? { message_id: messageOf(message.replyTo.id, chat) } : {};
  const question = { ...asked, chat, date: keyboard ? date : 0, reply_markup: keyboard || undefined };
  return { callback_query: { id: message.id, from, message: question, chat_instance: '1', data: id } };
}

function consent(event, { state, scope, origin }, { from, chat, date }) {
  const statuses = { 'granted follow': ['left', 'member'], 'granted unblock': ['kicked', 'member'], 'revoked block': ['member', 'kicked'] };
  const found = statuses[`${state.tag} ${origin}`];
  if (!found || scope !== 'all' || chat.type !== 'private') return undefined;
  const [before, now] = found.map((status) => ({ user: { id: number(event.account), is_bot: true, first_name: 'Bot' }, status }));
  return { my_chat_member: { chat, from, date, old_chat_member: before, new_chat_member: now } };
}

/** Who, where and when. */
function frame(event, now) {
  const identifiers = event.contact?.identifiers ?? [];
  const id = identifiers.find(({ scheme }) => scheme.tag === 'id')?.value;
  const username = identifiers.find(({ scheme }) => scheme.tag === 'username')?.value;
  const name = event.contact?.name ?? undefined;
  const from = id && {
    id: number(id), is_bot: false, first_name: name, username, language_code: event.contact.locale ?? undefined,
  };
  const { thread } = event;
  const chat = thread && thread.kind.tag !== 'direct'
    ? { id: number(thread.id), type: thread.kind.tag === 'group' ? 'supergroup' : thread.kind.val, title: thread.title ?? undefined }
    : id && { id: number(id), type: 'private', first_name: name, username };
  return { from: from || undefined, chat: chat || undefined, date: Math.floor((event.occurredAt ?? now) / 1000) };
}

/** The number in its chat; an id that is none of Telegram's as it is. */
function messageOf(id, chat) {
  const prefix = `${chat.id}:`;
  return id.startsWith(prefix) ? number(id.slice(prefix.length)) : id;
}

/** A number where it is one that is exact. */
function number(text) {
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
