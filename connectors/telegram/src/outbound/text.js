// Texts, in as many messages as they need.
import { atWordEnds, cannot } from '../../../sdk/javascript/trunkline.js';
import { piece } from './piece.js';

/** UTF-16 code units of one text. */
export const TEXT_UNITS_MAX = 4096;

/** The messages of a text, without any markup: `<` and `*` stay what they are. */
export function texts(part, text, note) {
  if (!text.trim()) throw cannot('missing', `part ${part}: the text is empty`);
  return atWordEnds(text, TEXT_UNITS_MAX).map((cut) => piece(part, 'sendMessage', { text: cut }, note ? [note] : []));
}

/** The subject of a message. */
export function subject(part, text) {
  return texts(part, text, 'the subject is a text of its own: Telegram has none');
}
