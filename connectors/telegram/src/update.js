// One update: which of Telegram's kinds is which of ours. What is unknown or unreadable becomes `other` with its raw text.
import { event, kind, milliseconds, objectOf, other, rawMembers, textOf } from '../../sdk/javascript/trunkline.js';
import { consentOrMembership, joinRequest, membership, serviceMembership } from './membership.js';
import { message, messageAttributes } from './message.js';
import { callback } from './callback.js';
import { contactOf, threadOf } from './people.js';
import { reaction } from './reaction.js';

/** Each gives the fields of an event, or nothing where the content has not the form expected. */
const READERS = {
  message: (item, raw) => serviceMembership(item) ?? said('message', item, raw),
  edited_message: (item, raw) => said('edited', item, raw),
  channel_post: (item, raw) => said('message', item, raw),
  edited_channel_post: (item, raw) => said('edited', item, raw),
  callback_query: callback,
  message_reaction: reaction,
  my_chat_member: consentOrMembership,
  chat_member: membership,
  chat_join_request: joinRequest,
};

/** The event of an update that has an id. `body` is its raw text. */
export function read(update, body, account) {
  const id = textOf(update.update_id);
  const names = Object.keys(update).filter((name) => name !== 'update_id');
  const name = names.find((found) => Object.hasOwn(READERS, found)) ?? names[0];
  if (name === undefined) return event({ id, account, kind: other('update', body) });
  // A second key beside the update's own is not known to exist. Nothing of it may be lost.
  const raw = names.length === 1 ? rawMembers(body)[name] : body;
  const item = objectOf(update[name]);
  const fields = names.length === 1 && Object.hasOwn(READERS, name) ? READERS[name](item, raw) : undefined;
  return event({ ...(fields ?? unknown(name, item, raw)), id, account });
}

/** A message, or its new state. The time of an edit is that of the edit. */
function said(tag, item, raw) {
  const found = message(item, raw);
  if (!found) return undefined;
  // A message that says nothing but what happened in a chat: a pin, a new title, a topic.
  const name = found.service;
  return {
    kind: name ? other(name, raw) : kind(tag, found.message),
    occurredAt: milliseconds(tag === 'edited' ? (item.edit_date ?? item.date) : item.date),
    contact: contactOf(item),
    thread: threadOf(item.chat),
    attributes: messageAttributes(item, raw),
  };
}

function unknown(name, item, raw) {
  return {
    kind: other(name, raw),
    occurredAt: milliseconds(item.date),
    contact: contactOf(item),
    thread: threadOf(item.chat),
    attributes: [],
  };
}
