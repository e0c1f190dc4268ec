// Who wrote, and where.
import { contact, filled, identifier, objectOf, textOf } from '../../sdk/javascript/trunkline.js';

/** A user, as everything that Telegram says of people. */
export function person(user) {
  const { id, username, first_name: first, last_name: last, language_code: locale } = objectOf(user);
  const key = filled(id);
  if (!key) return undefined;
  const name = [first, last].map(filled).filter(Boolean).join(' ');
  const found = contact(key, { name: name || undefined, locale: filled(locale) });
  if (filled(username)) found.identifiers.push(identifier('username', filled(username)));
  return found;
}

/** A chat that speaks as itself: a channel, a group whose administrators are anonymous. */
function speakingChat(chat) {
  const { id, username, title } = objectOf(chat);
  return person({ id, username, first_name: title });
}

/** Who is behind a message, reaction or press. In channels it is the channel. */
export function contactOf(item) {
  return speakingChat(item.sender_chat) ?? person(item.from) ?? person(item.user) ?? speakingChat(item.actor_chat);
}

/** The conversation where it is not with the contact alone. */
export function threadOf(chat) {
  const { id, type, title } = objectOf(chat);
  const key = filled(id);
  if (!key || type === 'private') return undefined;
  const group = type === 'group' || type === 'supergroup';
  return { id: key, kind: group ? { tag: 'group' } : { tag: 'other', val: filled(type) ?? 'chat' }, title: filled(title) };
}

/**
 * The id of a message, which Telegram counts in each chat anew: `<chat>:<message>`. What is no number is not Telegram's (a
 * simulation) and stays as it is.
 */
export function messageId(chat, id) {
  const [of, text] = [filled(objectOf(chat).id), textOf(id)];
  return text && of && /^\d+$/.test(text) ? `${of}:${text}` : text || undefined;
}

/** The number of a message in its chat; nothing where the id is of another chat, or none. */
export function messageNumber(id, chat) {
  const found = /^(?:(-?\d{1,15}):)?(\d{1,15})$/.exec(id);
  if (!found || (found[1] !== undefined && typeof chat === 'number' && Number(found[1]) !== chat)) return undefined;
  return Number(found[2]);
}
