// The abilities: functions that return what there is, and throw what comes between. An error that is thrown and is none of
// these is a mistake: the component traps, and the host answers 503, so that the provider sends again.
import { bound, boundReceipt } from './event.js';
import { wellFormed } from './text.js';

/** Thrown: what the contract has for an answer other than success. Not an `Error`, since its stack would cost time. */
class Interrupt {
  constructor(tag, val) {
    this.tag = tag;
    this.val = val;
  }
}

/** To throw in `receive`: not genuine, or not understandable. `detail` is for the operator's log. */
export function refusal(reason, status, detail) {
  return new Interrupt('refuse', { reason: { tag: reason }, status, detail: wellFormed(detail) });
}

/** To throw in `receive`, with 400: it cannot be parsed as a whole. Say where, and nothing of what stands there. */
export function malformed(what) {
  return refusal('malformed', 400, what);
}

/** Throws a refusal with 405 unless the request has one of these methods. */
export function requireMethod(request, ...methods) {
  if (!methods.includes(request.method)) throw refusal('method', 405, `method is \`${request.method}\``);
}

/** To throw anywhere but in `simulate`: the host should make this call first. `Calls` does it. */
export function wanted(call) {
  return new Interrupt('call', call);
}

/** To throw in `send` and `locate`: it cannot be done. Receipts are what was sent before it. */
export function failed(failure, receipts = []) {
  return new Interrupt('failed', { failure, receipts });
}

/** `inbound`: `receive(request, context)` returns `{ response, events }`. */
export function receiver(receive) {
  return {
    receive: (request, context) => step(() => {
      const { response, events } = receive(request, context);
      return { tag: 'answer', val: { response, events: events.map(bound) } };
    }),
  };
}

/** `outbound`: `send(message, context)` returns receipts. */
export function sender(send) {
  return {
    send: (message, context) => step(() => ({ tag: 'sent', val: send(message, context).map(boundReceipt) })),
  };
}

/** `media`: `locate(attachment, account, context)` returns the call that answers with the bytes. */
export function locator(locate) {
  return {
    locate(attachment, account, context) {
      const answer = step(() => ({ tag: 'fetch', val: locate(attachment, account, context) }));
      // Nothing is sent here that could have receipts.
      return answer.tag === 'failed' ? { tag: 'failed', val: answer.val.failure } : answer;
    },
  };
}

/** `profiles`: `lookUp(contact, account, thread, context)` returns the contact, or nothing where the provider does not say. */
export function lookUp(find) {
  return {
    lookUp: (contact, account, thread, context) => step(() => {
      const found = find(contact, account, thread, context);
      return found ? { tag: 'found', val: found } : { tag: 'unknown' };
    }),
  };
}

/** `simulator`: `simulate(event, url, context)` returns the request, or nothing where the provider has none for it. */
export function simulator(simulate) {
  return { simulate: (event, url, context) => simulate(event, url, context) ?? undefined };
}

function step(run) {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof Interrupt) return { tag: thrown.tag, val: thrown.val };
    throw thrown;
  }
}
