// Calls that the host makes for a connector, written as if they were made here, one after the other.
import { header } from './http.js';
import { wanted } from './steps.js';

/** The calls of one function, in order. The answers that the host has already are handed out again. */
export class Calls {
  #made;

  constructor(context) {
    this.#made = [...context.exchanges];
  }

  /** The answer to this call. Where it is not made yet, the wish for it is thrown, and this is called again with the answer. */
  make(call) {
    const exchange = this.#made.shift();
    if (!exchange) throw wanted(call);
    return exchange.response;
  }
}

/** Whether a response is a success. */
export function isOk(response) {
  return response.status >= 200 && response.status < 300;
}

/**
 * What a status means where the provider says nothing better. Not for 2xx. 404 and 410 are taken for the contact or the content,
 * not for a wrong URL. Everything that is not known is `other`, which is not repeated.
 */
export function reasonOf(response, now) {
  const { status } = response;
  if ([400, 405, 406, 411, 412, 413, 414, 415, 416, 422].includes(status)) return { tag: 'invalid' };
  if ([401, 402, 403, 407].includes(status)) return { tag: 'unauthorized' };
  if ([404, 410].includes(status)) return { tag: 'unreachable' };
  if (status === 429) return { tag: 'rate-limited', val: retryAfter(response, now) };
  if ([408, 421, 423, 425].includes(status) || (status >= 500 && status < 600)) return { tag: 'transient' };
  return { tag: 'other', val: undefined };
}

/** Milliseconds of `Retry-After`: seconds, or a date reckoned from `now`. */
export function retryAfter(response, now) {
  const value = header(response, 'retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined;
}
