// Something to choose from: buttons below the text, a row each, else a numbered list.
import { ANSWERS, cannot, numbered, utf8 } from '../../../sdk/javascript/trunkline.js';
import { texts } from './text.js';

const BUTTONS_MAX = 100;
/** Bytes of what a button gives back. */
const DATA_BYTES_MAX = 64;
/** What a button opens. One that Telegram does not take would cost the whole message. */
const LINK = /^(https?|tg):\/\/[\x21-\x7e]+$/;

/** The question with its options. */
export function choices(part, question) {
  check(part, question);
  const why = noButtons(question.options);
  if (why) {
    const list = numbered(question);
    const messages = texts(part, list.text);
    messages.at(-1).degraded.push(`the options are a numbered list: ${why}`);
    messages.at(-1).attributes.push([ANSWERS, list.answers]);
    return messages;
  }
  const described = question.options.filter(({ description }) => description?.trim());
  const lines = described.map(({ title, description }) => `${title}: ${description}`);
  const messages = texts(part, [question.text.trimEnd(), ...lines].join('\n'));
  const last = messages.at(-1);
  last.parameters.reply_markup = { inline_keyboard: question.options.map((option) => [button(option)]) };
  if (lines.length > 0) last.degraded.push('descriptions stand in the text: Telegram has none');
  return messages;
}

function check(part, { text, options }) {
  const missing = (what) => cannot('missing', `part ${part}: ${what}`);
  if (!text.trim()) throw missing('choices without a text');
  if (options.length === 0) throw missing('choices without options');
  if (options.some(({ title }) => !title.trim())) throw missing('an option without a title');
  if (options.some(({ id, url }) => !(url ?? id).trim())) throw missing('an option without an id or URL');
}

function noButtons(options) {
  if (options.length > BUTTONS_MAX) return `Telegram has at most ${BUTTONS_MAX} buttons`;
  if (options.some(({ id, url }) => !url && utf8(id).length > DATA_BYTES_MAX)) return `an id has more than ${DATA_BYTES_MAX} bytes`;
  return options.some(({ url }) => url && !LINK.test(url)) ? 'a link is none that Telegram opens' : undefined;
}

function button({ id, title, url }) {
  return url ? { text: title, url } : { text: title, callback_data: id };
}
