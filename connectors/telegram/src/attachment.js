// Files that a contact sent. Telegram gives an id for each, which the `media` ability exchanges for the bytes.
import { fileName, filled, listOf, media, numberOf, objectOf, scalars, wholeOf } from '../../sdk/javascript/trunkline.js';

/** Telegram's names in the order of asking: an animation comes as a document too, a live photo as a photo. */
const KINDS = [
  ['animation', 'video', 'video/mp4'],
  ['video_note', 'video', 'video/mp4'],
  ['video', 'video'],
  ['voice', 'voice'],
  ['audio', 'audio'],
  ['sticker', 'sticker'],
  ['document', 'file'],
];
/** Said elsewhere. */
const TOLD = ['file_id', 'file_name', 'mime_type', 'file_size', 'duration'];

/** The media of a message. Nothing where it has none, or one without an id. */
export function attachment(item) {
  const live = objectOf(item.live_photo);
  if (filled(live.file_id)) return file({ tag: 'other', val: 'live_photo' }, live, item);
  for (const [name, kind, contentType] of KINDS) {
    const found = objectOf(item[name]);
    if (!filled(found.file_id)) continue;
    const media = file({ tag: kind }, found, item, kind === 'sticker' ? stickerType(found) : contentType);
    // Telegram's own name, where ours does not tell it apart.
    if (name === 'animation' || name === 'video_note') media.attributes.push(['type', name]);
    return media;
  }
  const photo = largest(listOf(item.photo));
  return photo && file({ tag: 'image' }, photo, item, 'image/jpeg');
}

function file(kind, found, item, contentType) {
  const seconds = numberOf(found.duration);
  const group = filled(item.media_group_id);
  return media(kind.tag, { tag: 'reference', val: filled(found.file_id) }, {
    kind,
    contentType: filled(found.mime_type) ?? contentType,
    name: fileName(filled(found.file_name)),
    size: wholeOf(found.file_size),
    caption: filled(item.caption),
    durationMs: seconds === undefined ? undefined : wholeOf(seconds * 1000),
    attributes: [...scalars(found, TOLD), ...(group ? [['media_group_id', group]] : [])],
  });
}

/** Of the sizes that a photo comes in. */
function largest(sizes) {
  const usable = sizes.map(objectOf).filter((size) => filled(size.file_id));
  const area = (size) => (numberOf(size.width) ?? 0) * (numberOf(size.height) ?? 0);
  return usable.reduce((best, size) => (best && area(best) > area(size) ? best : size), undefined);
}

function stickerType(sticker) {
  if (sticker.is_animated === true) return 'application/x-tgsticker';
  return sticker.is_video === true ? 'video/webm' : 'image/webp';
}
