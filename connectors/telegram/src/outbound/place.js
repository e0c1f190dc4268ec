// Places and contact cards.
import { cannot, utf8 } from '../../../sdk/javascript/trunkline.js';
import { piece } from './piece.js';
import { texts } from './text.js';

/** Bytes of a vCard. */
const VCARD_BYTES_MAX = 2048;

/** A venue where there are name and address, else a place; what it lacks follows as a text. */
export function place(part, { latitude, longitude, name, address, url }) {
  for (const [what, found, most] of [['latitude', latitude, 90], ['longitude', longitude, 180]]) {
    // Written so that NaN fails as well.
    if (!(Math.abs(found) <= most)) throw cannot('unsupported', `part ${part}: the ${what} is \`${found}\`, expected -${most} to ${most}`);
  }
  const venue = name?.trim() && address?.trim();
  const first = venue
    ? piece(part, 'sendVenue', { latitude, longitude, title: name, address })
    : piece(part, 'sendLocation', { latitude, longitude });
  const rest = (venue ? [url] : [name, address, url]).filter((line) => line?.trim());
  if (rest.length === 0) return [first];
  return [first, ...texts(part, rest.join('\n'), 'what a place of Telegram has no field for follows as a text')];
}

/** A card where there are one number and a name, else a text. */
export function contacts(part, cards) {
  if (cards.length === 0) throw cannot('missing', `part ${part}: no contact card`);
  const note = 'the contact card is a text: Telegram has name and number only';
  return cards.flatMap((card) => contact(part, card) ?? texts(part, lines(card), note));
}

function contact(part, card) {
  const vcard = card.vcard?.trim() ? card.vcard : undefined;
  const more = card.phones.length > 1 || card.emails.length > 0 || card.organization?.trim() || card.attributes.length > 0;
  if (!card.name?.trim() || !card.phones[0]?.trim()) return undefined;
  if (vcard ? utf8(vcard).length > VCARD_BYTES_MAX : more) return undefined;
  return [piece(part, 'sendContact', { phone_number: card.phones[0], first_name: card.name, vcard })];
}

/** What a card holds, a line each. The vCard only where there is nothing else: it says the same for machines. */
function lines({ name, organization, phones, emails, attributes, vcard }) {
  const more = attributes.map(([key, value]) => `${key}: ${value}`);
  const found = [name, organization, ...phones, ...emails, ...more].filter((line) => line?.trim());
  return found.length > 0 ? found.join('\n') : (vcard ?? '').trim();
}
