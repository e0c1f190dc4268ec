// Messages to a contact, a group or a channel: one call for each, in the order of the parts.
//
// There is no idempotency key: what writes something is not repeatable.
import {
  Calls, address, attribute, cannot, failed, filled, listOf, objectOf, receipt,
} from '../../sdk/javascript/trunkline.js';
import { answerOf, failure, isDone, method } from './api.js';
import { pieces } from './outbound/part.js';
import { subject } from './outbound/text.js';
import { messageId, messageNumber } from './people.js';

/** The host gives 32 rounds, of which the last only tells the end. */
const CALLS_MAX = 31;

/** `outbound.send`. */
export function send(message, context) {
  const chat = recipient(message);
  const prepared = message.parts.flatMap((part, index) => pieces(part, index, chat));
  prepareSubject(message, prepared);
  if (prepared.length === 0) throw cannot('missing', 'the message has no parts');
  if (prepared.length > CALLS_MAX) {
    throw cannot('too_many', `this becomes ${prepared.length} messages, ${CALLS_MAX} at most are sent as one`);
  }
  quote(message, chat, prepared);
  const topic = message.thread && attribute(message, 'message_thread_id');
  for (const piece of prepared) {
    const parameters = { chat_id: chat, ...piece.parameters };
    if (topic && piece.method !== 'setMessageReaction' && /^\d{1,15}$/.test(topic)) parameters.message_thread_id = Number(topic);
    piece.call = method(piece.method, parameters, { repeatable: !piece.writes });
  }
  const calls = new Calls(context);
  const sent = [];
  for (const piece of prepared) {
    const answer = calls.make(piece.call);
    if (!isDone(answer)) throw failed(failure(answer, context.now), sent);
    sent.push(...receipts(piece, answer, chat));
  }
  return sent;
}

/** The group, the channel, or the contact: a number, or the public name of a channel. */
function recipient(message) {
  const thread = message.thread?.kind.tag === 'direct' ? undefined : message.thread;
  const id = thread ? thread.id : address(message, 'id');
  if (id && /^-?\d{1,15}$/.test(id)) return Number(id);
  if (id && /^@\w{1,64}$/.test(id)) return id;
  throw cannot('missing', 'neither the contact nor the thread has a Telegram id: digits were expected');
}

/** A text before the first message: Telegram has no subjects. */
function prepareSubject(message, prepared) {
  if (!message.subject?.trim()) return;
  const first = prepared.findIndex((piece) => piece.writes);
  if (first < 0) throw cannot('unsupported', 'Telegram has no subject, and there is no text to put it before');
  prepared.splice(first, 0, ...subject(prepared[first].part, message.subject));
}

/** The first message quotes, where the message quoted is one of this chat. */
function quote(message, chat, prepared) {
  const first = prepared.find((piece) => piece.writes && piece.method.startsWith('send'));
  if (!message.replyTo || !first) return;
  const id = messageNumber(message.replyTo.id, chat);
  if (id === undefined) first.degraded.push('the quote is left out: it is no message of this chat');
  // The answer arrives though the message quoted was deleted.
  else first.parameters.reply_parameters = { message_id: id, allow_sending_without_reply: true };
}

/** One for each message: an album gives a list. None where nothing was written, or the answer cannot be read. */
function receipts(piece, response, chat) {
  if (!piece.writes) return [];
  const { result } = answerOf(response);
  const messages = Array.isArray(result) ? listOf(result).map(objectOf) : [objectOf(result)];
  return messages.flatMap((found) => {
    const id = filled(found.message_id) && messageId(filled(objectOf(found.chat).id) ? found.chat : { id: chat }, found.message_id);
    return id ? [receipt(id, piece.part, piece.degraded, piece.attributes)] : [];
  });
}
