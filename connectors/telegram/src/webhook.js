// From the request to its event: verified first, then parsed.
import {
  filled, header, malformed, misconfigured, parseJson, requireMethod, response, setting, settings, utf8Decode, verifyToken,
} from '../../sdk/javascript/trunkline.js';
import { read } from './update.js';

export const SECRET_HEADER = 'x-telegram-bot-api-secret-token';

/** `inbound.receive`. */
export function receive(request, context) {
  requireMethod(request, 'POST');
  const secrets = settings(context, 'secret_token');
  if (secrets.length === 0) throw misconfigured('`secret_token` is empty');
  verifyToken(secrets, header(request, SECRET_HEADER), '`X-Telegram-Bot-Api-Secret-Token`');
  const body = utf8Decode(request.body);
  if (body === undefined) throw malformed('the body is not UTF-8');
  const update = parseJson(body);
  if (update === undefined) throw malformed('the body is not JSON, or nested too deep');
  if (update === null || typeof update !== 'object' || Array.isArray(update)) throw malformed('the body is no JSON object');
  if (!filled(update.update_id)) throw malformed('the body has no `update_id`');
  return { response: acknowledgement(update), events: [read(update, body, setting(context, 'bot_id') ?? '')] };
}

/** The answer may be one call of a method, whose outcome is not told: enough to end the waiting mark on a button. */
function acknowledgement(update) {
  const id = update.callback_query?.id;
  if (typeof id !== 'string' || id === '') return response(200);
  return response(200, 'application/json', JSON.stringify({ method: 'answerCallbackQuery', callback_query_id: id }));
}
