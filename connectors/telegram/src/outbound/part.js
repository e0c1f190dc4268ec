// The calls that a part becomes.
import { cannot, objectOf, parseJson, unsupported } from '../../../sdk/javascript/trunkline.js';
import { attachment } from './attachment.js';
import { choices } from './choices.js';
import { piece, signal } from './piece.js';
import { contacts, place } from './place.js';
import { texts } from './text.js';
import { messageNumber } from '../people.js';

/** Methods that a `native` part may name: they write or change a message. */
const NATIVE = /^(send|edit|copy|forward|pin|unpin|stop|delete)[A-Z][A-Za-z]{2,60}$/;

/** Every part of a message, checked before the first call. */
export function pieces(part, index, chat) {
  const { tag, val } = part;
  switch (tag) {
    case 'text': return texts(index, val);
    case 'media': return attachment(index, val);
    case 'location': return place(index, val);
    case 'contacts': return contacts(index, val);
    case 'choices': return choices(index, val);
    case 'reaction': return [reaction(index, val, chat)];
    case 'typing': return [signal(index, 'sendChatAction', { action: 'typing' })];
    case 'native': return [native(index, val)];
    case 'html': throw unsupported(index, 'HTML as it is on the web: send a text');
    case 'template': throw unsupported(index, 'templates: send a text');
    case 'read': throw unsupported(index, 'read markers');
    default: throw unsupported(index, `\`${tag}\``);
  }
}

/** A bot has one reaction to a message; the list says all that it has. */
function reaction(index, { target, emoji }, chat) {
  const id = messageNumber(target.id, chat);
  if (id === undefined) throw cannot('missing', `part ${index}: the reaction is to no message of this chat`);
  return signal(index, 'setMessageReaction', { message_id: id, reaction: emoji ? [{ type: 'emoji', emoji }] : [] });
}

/** Telegram's own notation: the parameters of a method, by its name. The chat is ours to say. */
function native(index, { name, payload }) {
  if (!NATIVE.test(name)) throw cannot('unsupported', `part ${index}: \`${name}\` is no method that writes, like \`sendPoll\``);
  const value = parseJson(payload);
  const parameters = objectOf(value);
  if (parameters !== value) throw cannot('unsupported', `part ${index}: the parameters of a method are a JSON object`);
  const { chat_id: _, ...others } = parameters;
  return piece(index, name, others);
}
