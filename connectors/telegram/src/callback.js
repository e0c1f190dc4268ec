// A press on a button below a message.
import { filled, kind, listOf, message, objectOf, textOf } from '../../sdk/javascript/trunkline.js';
import { messageId, person, threadOf } from './people.js';

/** The fields of the event. Telegram does not say when: the date of the message is that of the question. */
export function callback(item) {
  const id = filled(item.id);
  const data = textOf(item.data);
  const from = person(item.from);
  if (!id || data === undefined || !from) return undefined;
  const question = objectOf(item.message);
  const asked = messageId(question.chat, question.message_id);
  const attributes = ['chat_instance', 'inline_message_id'].flatMap((name) => {
    const value = filled(item[name]);
    return value ? [[name, value]] : [];
  });
  const choice = { tag: 'choice', val: { id: data, title: title(question, data) } };
  return {
    kind: kind('message', message({ id, parts: [choice], replyTo: asked ? { id: asked } : undefined })),
    contact: from,
    thread: threadOf(question.chat),
    attributes,
  };
}

/** What stands on the button, where the message still shows it. */
function title(question, data) {
  const rows = listOf(objectOf(question.reply_markup).inline_keyboard).map(listOf);
  const button = rows.flat().map(objectOf).find((found) => found.callback_data === data);
  return filled(button?.text);
}
