// Events with the defaults of the contract, and within its bounds.
import { contentId } from './signature.js';
import { utf8, wellFormed } from './text.js';

/** Bytes of an event's id, and of a message's: a longer one would cost the whole webhook. */
const EVENT_ID_BYTES_MAX = 512;
const MESSAGE_ID_BYTES_MAX = 1024;

/** An event: `{ id, account, kind }`, and `occurredAt`, `contact`, `thread`, `attributes` where there is something. */
export function event(fields) {
  return { attributes: [], ...fields };
}

/** The kind of an event, by the contract's name: `kind('message', message)`. */
export function kind(tag, val) {
  return { tag, val };
}

/** A message: `{ id, parts }`, and `subject`, `replyTo`, `referral` where there is something. */
export function message(fields) {
  return { forwarded: false, automated: false, ...fields };
}

/** A text of a message. */
export function text(val) {
  return { tag: 'text', val };
}

/** Media: the kind (`image`), the source, and what else is known. */
export function media(kind, source, fields = {}) {
  return { kind: { tag: kind }, source, attributes: [], ...fields };
}

/** Who wrote: by the provider's own id. */
export function contact(id, fields = {}) {
  return { identifiers: [identifier('id', id)], ...fields };
}

/** `id`, `phone`, `email` or `username`; any other scheme by the provider's name for it. */
export function identifier(scheme, value) {
  const known = ['id', 'phone', 'email', 'username'].includes(scheme);
  return { scheme: known ? { tag: scheme } : { tag: 'other', val: scheme }, value };
}

/** What has no name in the contract, kept as it is. */
export function other(name, payload) {
  return { tag: 'other', val: { name, payload } };
}

/** What could not be read, as an event that is the same whenever it comes again. */
export function unreadable(name, account, payload) {
  return event({ id: contentId(name, account, payload), account, kind: other(name, payload) });
}

/** The last segment of a path, without control characters; `undefined` where nothing is left. */
export function fileName(path) {
  const last = path?.split(/[/\\]/).pop().replace(/\p{Cc}/gu, '');
  return last && last !== '.' && last !== '..' ? last : undefined;
}

/** What leaves the component: texts that are Unicode, an id that is there and not too long. */
export function bound(found) {
  const event = clean(found);
  const plain = (_, value) => (value instanceof Uint8Array ? [...value] : value);
  if (event.id === '') event.id = contentId('event', JSON.stringify(event, plain));
  else if (isLonger(event.id, EVENT_ID_BYTES_MAX)) event.id = contentId('long', event.id);
  return event;
}

/** The same for a receipt, which may have no id. */
export function boundReceipt(found) {
  const receipt = clean(found);
  if (isLonger(receipt.messageId, MESSAGE_ID_BYTES_MAX)) receipt.messageId = contentId('long', receipt.messageId);
  return receipt;
}

function isLonger(id, bytes) {
  return id.length > bytes || (id.length * 3 > bytes && utf8(id).length > bytes);
}

function clean(value) {
  if (typeof value === 'string') return wellFormed(value);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(clean);
  const copy = {};
  for (const name of Object.keys(value)) copy[name] = clean(value[name]);
  return copy;
}
