// Reactions. Telegram says all that somebody had and has; one event is what changed.
import { filled, kind, listOf, milliseconds, objectOf, rawMembers } from '../../sdk/javascript/trunkline.js';
import { contactOf, messageId, threadOf } from './people.js';

/** The fields of the event. */
export function reaction(item, raw) {
  const id = messageId(item.chat, item.message_id);
  if (!id || !Array.isArray(item.new_reaction)) return undefined;
  const [before, now] = [item.old_reaction, item.new_reaction].map((list) => listOf(list).map(objectOf));
  const added = now.filter((found) => !before.some((old) => same(old, found)));
  // One of several taken back: what is left is what holds.
  const holds = added.at(-1) ?? now.at(-1);
  const members = rawMembers(raw) ?? {};
  const attributes = now.length > 1 || before.length > 1 ? ['old_reaction', 'new_reaction'] : [];
  return {
    kind: kind('reaction', { target: { id }, emoji: emoji(holds), name: name(holds) }),
    occurredAt: milliseconds(item.date),
    contact: contactOf(item),
    thread: threadOf(item.chat),
    attributes: attributes.flatMap((found) => (members[found] ? [[found, members[found]]] : [])),
  };
}

function same(left, right) {
  return ['type', 'emoji', 'custom_emoji_id'].every((field) => left[field] === right[field]);
}

/** None would say that it was taken back: a picture of Telegram's own stands in. */
function emoji(found) {
  return found && (filled(found.emoji) ?? '\ufffd');
}

/** The id of a custom emoji, or what there is besides. */
function name(found) {
  if (!found || found.type === 'emoji') return undefined;
  return filled(found.custom_emoji_id) ?? filled(found.type);
}
