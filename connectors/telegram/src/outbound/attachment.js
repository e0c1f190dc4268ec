// Pictures, films, sound, files and stickers, by URL or by the id of a file that Telegram has. What it would not fetch becomes a
// link in a text.
import { cannot } from '../../../sdk/javascript/trunkline.js';
import { piece } from './piece.js';
import { texts } from './text.js';

/** UTF-16 code units. */
const CAPTION_UNITS_MAX = 1024;
/** Bytes that Telegram fetches by URL: not confirmed, but a link arrives and a file too large does not. */
const PHOTO_BYTES_MAX = 5_000_000;
const FILE_BYTES_MAX = 20_000_000;

const METHODS = {
  image: ['sendPhoto', 'photo'],
  video: ['sendVideo', 'video'],
  audio: ['sendAudio', 'audio'],
  voice: ['sendVoice', 'voice'],
  sticker: ['sendSticker', 'sticker'],
};

/** The attachment with its caption, or the caption behind it. */
export function attachment(part, media) {
  const { source, kind } = media;
  if (source.tag === 'bytes') throw cannot('unsupported', `part ${part}: Telegram takes media by URL or file id, not as bytes`);
  if (!source.val.trim()) throw cannot('missing', `part ${part}: the media have no source`);
  if (source.tag === 'url' && !/^https?:\/\//.test(source.val)) {
    throw cannot('unsupported', `part ${part}: the media's URL is not \`https://\``);
  }
  const caption = media.caption?.trim() ? media.caption : undefined;
  const why = source.tag === 'url' ? notFetched(media) : undefined;
  if (why) return link(part, media, caption, why);
  const [method, field] = METHODS[kind.tag] ?? ['sendDocument', 'document'];
  const parameters = { [field]: source.val };
  if (!caption) return [piece(part, method, parameters)];
  if (kind.tag !== 'sticker' && caption.length <= CAPTION_UNITS_MAX) return [piece(part, method, { ...parameters, caption })];
  const reason = kind.tag === 'sticker' ? 'stickers have none' : `it is longer than ${CAPTION_UNITS_MAX} characters`;
  return [piece(part, method, parameters), ...texts(part, caption, `the caption follows as a text: ${reason}`)];
}

/** Why Telegram would not fetch it. */
function notFetched({ kind, size, contentType }) {
  const most = kind.tag === 'image' || kind.tag === 'sticker' ? PHOTO_BYTES_MAX : FILE_BYTES_MAX;
  if (size > most) return 'it is larger than Telegram fetches';
  const type = contentType?.split(';')[0].trim().toLowerCase();
  if (kind.tag === 'voice' && type && !['audio/ogg', 'audio/opus', 'application/ogg'].includes(type)) {
    return 'voice notes are OGG with Opus';
  }
  return undefined;
}

function link(part, media, caption, why) {
  const lines = [caption, media.name, media.source.val].filter((line) => line?.trim());
  return texts(part, lines.join('\n'), `the ${media.kind.val ?? media.kind.tag} is a link: ${why}`);
}
