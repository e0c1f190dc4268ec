// What connectors that send have in common.
import { isOk } from './calls.js';
import { hex, sha256 } from './signature.js';
import { failed } from './steps.js';
import { utf8 } from './text.js';

/** The receipt's attribute with the answers of a numbered list. */
export const ANSWERS = 'answers';

/** The first identifier of that scheme; `undefined` where there is none, or an empty one. */
export function address(message, scheme) {
  return message.to.find((identifier) => identifier.scheme.tag === scheme)?.value || undefined;
}

/** The value of an attribute (of a message, of media), where it is not empty. */
export function attribute(holder, name) {
  return holder.attributes.find(([key]) => key === name)?.[1] || undefined;
}

/**
 * To throw before any call: the message is not to be repeated as it is. `code` is one of those in `wit/outbound.wit`:
 * `unsupported`, `too_long`, `too_many`, `missing`.
 */
export function cannot(code, what) {
  return failed({ reason: { tag: 'invalid' }, code, message: what });
}

/** To throw for a part that this channel does not have. */
export function unsupported(part, what) {
  return cannot('unsupported', `part ${part}: this channel has no ${what}`);
}

/**
 * The same failure where the provider may have the message all the same, and has no key that would keep a second try from being
 * a second message: the host holds it, or tries again as the operator has set.
 */
export function unconfirmed(failure) {
  const words = [failure.code, failure.message].filter((word) => word).join(': ');
  return { reason: { tag: 'other' }, code: 'unconfirmed', message: `it may have arrived (${words})` };
}

/** A receipt: `part` is the index of the first part that the message carries. */
export function receipt(messageId, part, degraded = [], attributes = []) {
  return { messageId, part, degraded, attributes };
}

/**
 * Makes the calls of `prepared` one after the other: each `{ call, ... }`. `read(prepared, response)` gives the receipts of an
 * answer, `failure(response)` says why there are none: then what was sent before is told along.
 */
export function inTurn(calls, prepared, read, failure) {
  const receipts = [];
  for (const one of prepared) {
    const answer = calls.make(one.call);
    if (!isOk(answer)) throw failed(failure(answer), receipts);
    receipts.push(...read(one, answer));
  }
  return receipts;
}

/** The idempotency key of the call of that number: the message's id, or a UUID made of both. The same for every attempt. */
export function retryKey(message, number) {
  if (number === 0) return message.id;
  const count = new Uint8Array(8);
  new DataView(count.buffer).setUint32(4, number);
  const key = sha256.create().update(utf8(message.id)).update(count).digest().slice(0, 16);
  key[6] = (key[6] & 0x0f) | 0x80;
  key[8] = (key[8] & 0x3f) | 0x80;
  return hex(key).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Options for a channel without buttons: a line each, and the answers for the receipt. The digit comes back as a `choice`. */
export function numbered(choices) {
  const lines = choices.text.trimEnd() ? [choices.text.trimEnd()] : [];
  const answers = [];
  for (const { id, title, description, url } of choices.options) {
    const note = description ? ` (${description})` : '';
    if (url) {
      lines.push(`${title}: ${url}${note}`);
      continue;
    }
    const answer = String(answers.length + 1);
    answers.push({ answer, id, title });
    lines.push(`${answer}. ${title}${note}`);
  }
  return { text: lines.join('\n'), answers: JSON.stringify(answers) };
}
