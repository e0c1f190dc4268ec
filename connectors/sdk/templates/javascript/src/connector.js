// {{title}}: a starting point. It receives `{"messages":[{"id":"m-1","account":"shop-1","from":"visitor-1","text":"hello", …}]}`,
// signed in a header. Change the names to those of your provider, and add what else it sends.
//
// A connector is a pure function: all that it may know is an argument, all that it wants is in its answer. There is no network, no
// clock (`context.now` is one) and no memory between calls. The contract is in `trunkline/wit/`; `trunkline/README.md` says how its
// types look here.
import {
  contact, event, filled, header, hex, hexDigest, hmac, kind, malformed, message, milliseconds, misconfigured, objectOf, other,
  parseJson, rawItems, rawMembers, receiver, requireMethod, response, setting, settings, sha256, simulator as maker, text, textOf,
  unreadable, utf8, utf8Decode, verifyHmac,
} from '../trunkline/trunkline.js';

const SIGNATURE = 'x-{{id}}-signature';

/** Called for every request to the connection's path. What it throws is a refusal. */
function receive(request, context) {
  requireMethod(request, 'POST');
  // First verify, over the raw bytes; then parse. An empty secret is our fault (503), never "unsigned is fine".
  const secrets = settings(context, 'webhook_secret');
  if (secrets.length === 0) throw misconfigured('`webhook_secret` is empty');
  verifyHmac(sha256, secrets, hexDigest(header(request, SIGNATURE), 32), request.body);

  const body = utf8Decode(request.body);
  const items = rawItems(rawMembers(body)?.messages);
  if (items === undefined) throw malformed('no JSON object with a list `messages`');
  // The provider gets this response after the host has the events on disk.
  return { response: response(200), events: items.map(read) };
}

/** The event of an item. `raw` is its text: what cannot be read is kept as it is, and leaves its neighbours alone. */
function read(raw) {
  const item = objectOf(parseJson(raw));
  const [id, account, from] = [item.id, item.account, item.from].map(filled);
  if (!id || !account || !from) return unreadable('message', account ?? '', raw);
  const content = textOf(item.text);
  return event({
    // By this the host knows a webhook that comes again: the provider's own id, the same at every delivery.
    id,
    account,
    occurredAt: milliseconds(item.at),
    contact: contact(from, { name: filled(item.name) }),
    // What has no text is of a kind that is not known here yet: kept, and counted under its name.
    kind: content === undefined ? other(filled(item.type) ?? 'message', raw) : kind('message', message({ id, parts: [text(content)] })),
  });
}

/** The inverse, for `trunkline simulate {{id}} --text hello`: the provider's own signed webhook for an event. */
function simulate(event, url, context) {
  const secret = setting(context, 'webhook_secret');
  const { tag, val } = event.kind;
  const from = event.contact?.identifiers[0].value;
  // Nothing for events that the provider has no webhook for.
  if (!secret || !from || tag !== 'message' || val.parts.length !== 1 || val.parts[0].tag !== 'text') return undefined;
  const item = {
    id: val.id, account: event.account, from, name: event.contact.name ?? undefined,
    at: Math.floor((event.occurredAt ?? context.now) / 1000), text: val.parts[0].val,
  };
  const body = utf8(JSON.stringify({ messages: [item] }));
  const headers = [['content-type', 'application/json'], [SIGNATURE, hex(hmac(sha256, secret, body))]];
  return { method: 'POST', url, headers, body };
}

// What is exported here, the component can do. Others: `outbound = sender(send)`, `media = locator(locate)`,
// `profiles = lookUp(find)`.
export const inbound = receiver(receive);
export const simulator = maker(simulate);
