// Who is in a chat, and who may be written to.
import { filled, kind, listOf, milliseconds, objectOf } from '../../sdk/javascript/trunkline.js';
import { contactOf, person, threadOf } from './people.js';

/** `my_chat_member`: the bot itself. In a direct conversation it tells whether the contact has blocked it. */
export function consentOrMembership(item) {
  const [before, now] = statuses(item);
  if (!now) return undefined;
  if (objectOf(item.chat).type !== 'private') return fields(item, { change: change(item), members: [] });
  const consent = { kicked: ['revoked', 'block'], member: ['granted', before === 'kicked' ? 'unblock' : 'follow'] }[now];
  const [state, origin] = consent ?? [undefined, now];
  const val = { state: state ? { tag: state } : { tag: 'other', val: now }, scope: 'all', origin };
  return { ...around(item), kind: kind('consent', val) };
}

/** `chat_member`: somebody else. Only administrators are told. */
export function membership(item) {
  const member = person(objectOf(item.new_chat_member).user);
  return member && statuses(item)[1] ? fields(item, { change: change(item), members: [member] }) : undefined;
}

/** `chat_join_request`: somebody asks to be let in. */
export function joinRequest(item) {
  const member = person(item.from);
  return member && fields(item, { change: { tag: 'other', val: 'join_request' }, members: [member] });
}

/** A service message about people. Nothing for every other message. */
export function serviceMembership(item) {
  const joined = listOf(item.new_chat_members).map(person).filter(Boolean);
  if (joined.length > 0) return fields(item, { change: { tag: 'joined' }, members: joined });
  const left = person(item.left_chat_member);
  return left && fields(item, { change: { tag: 'left' }, members: [left] });
}

function statuses(item) {
  return [item.old_chat_member, item.new_chat_member].map((member) => filled(objectOf(member).status));
}

function change(item) {
  const [before, now] = [item.old_chat_member, item.new_chat_member].map((member) => isIn(objectOf(member)));
  if (before === now) return { tag: 'other', val: statuses(item)[1] };
  return { tag: now ? 'joined' : 'left' };
}

function isIn({ status, is_member: member }) {
  return ['creator', 'administrator', 'member'].includes(status) || (status === 'restricted' && member === true);
}

function fields(item, val) {
  return { ...around(item), kind: kind('membership', val) };
}

function around(item) {
  const status = filled(objectOf(item.new_chat_member).status);
  return {
    occurredAt: milliseconds(item.date),
    contact: contactOf(item),
    thread: threadOf(item.chat),
    attributes: status ? [['status', status]] : [],
  };
}
