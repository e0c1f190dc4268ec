// Where the Bot API is, and what its errors mean.
import { credential, filled, numberOf, objectOf, parseJson, postJson, reasonOf, utf8Decode } from '../../sdk/javascript/trunkline.js';

const TOKEN = 'bot_token';
/** A longer wait is none that Telegram means. */
const WAIT_SECONDS_MAX = 10_000_000;
const HOST = 'https://api.telegram.org';

/** What the host authorizes calls with: the token is in the path, and never comes here. */
export const CREDENTIALS = [credential.path(TOKEN)];
/** The folder that files are in. */
export const FILES = `${HOST}/file/bot{${TOKEN}}/`;

/** A call of a method. There is no idempotency key. */
export function method(name, parameters, { repeatable = false } = {}) {
  return postJson(`${HOST}/bot{${TOKEN}}/${name}`, parameters, { credentials: CREDENTIALS, repeatable });
}

/** `{"ok":true,"result":…}`; an empty object where the answer cannot be read. */
export function answerOf(response) {
  return objectOf(parseJson(utf8Decode(response.body)));
}

/** Whether the method was carried out. An unreadable 2xx was. */
export function isDone(response) {
  return response.status >= 200 && response.status < 300 && answerOf(response).ok !== false;
}

/** Why a call failed. */
export function failure(response, now) {
  const answer = answerOf(response);
  const words = filled(answer.description);
  const parameters = objectOf(answer.parameters);
  const code = numberOf(answer.error_code);
  const status = code >= 400 && code < 600 ? code : response.status;
  const seconds = numberOf(parameters.retry_after);
  const moved = filled(parameters.migrate_to_chat_id);
  return {
    reason: reason({ ...response, status }, words ?? '', moved, seconds, now),
    code: String(status),
    message: moved ? `${words ?? 'the group has another id now'} (migrate_to_chat_id ${moved})` : words,
  };
}

function reason(response, words, moved, seconds, now) {
  const says = (...texts) => texts.some((text) => words.toLowerCase().includes(text));
  switch (response.status) {
    case 400:
      if (moved || says('chat not found', 'user not found', 'peer_id_invalid')) return { tag: 'unreachable' };
      return { tag: says('not enough rights', 'have no rights', 'chat_write_forbidden') ? 'unauthorized' : 'invalid' };
    // A token that is wrong or revoked is answered with either.
    case 401: case 404:
      return { tag: 'unauthorized' };
    case 403:
      if (says('blocked by the user')) return { tag: 'opted-out' };
      if (says('deactivated', 'was kicked', "can't initiate conversation", 'not a member', "can't send messages to bots")) {
        return { tag: 'unreachable' };
      }
      return { tag: 'unauthorized' };
    case 429:
      return seconds > 0 && seconds < WAIT_SECONDS_MAX ? { tag: 'rate-limited', val: Math.ceil(seconds * 1000) } : reasonOf(response, now);
    default:
      return reasonOf(response, now);
  }
}
