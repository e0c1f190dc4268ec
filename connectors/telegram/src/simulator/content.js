// The content of a message, for each part that Telegram has a message for.

const FILES = { image: 'photo', video: 'video', audio: 'audio', voice: 'voice', file: 'document', sticker: 'sticker' };

/** The fields of a message for a part. Nothing where Telegram has none. */
export function content({ tag, val }) {
  switch (tag) {
    case 'text': return { text: val };
    case 'media': return file(val);
    case 'location': return location(val);
    case 'contacts': return card(val);
    default: return undefined;
  }
}

function file({ kind, source, contentType, name, size, caption, durationMs, attributes }) {
  const field = FILES[kind.tag];
  // Telegram gives an id and no URL.
  if (!field || source.tag !== 'reference') return undefined;
  const found = {
    file_id: source.val,
    ...Object.fromEntries(attributes),
    file_name: name ?? undefined,
    mime_type: contentType ?? undefined,
    file_size: size ?? undefined,
    duration: durationMs == null ? undefined : durationMs / 1000,
  };
  return { [field]: field === 'photo' ? [found] : found, caption: caption ?? undefined };
}

function location({ latitude, longitude, name, address, url }) {
  if (url) return undefined;
  const place = { latitude, longitude };
  return name || address ? { location: place, venue: { location: place, title: name ?? '', address: address ?? '' } } : { location: place };
}

function card([first, ...more]) {
  if (!first || more.length > 0 || first.phones.length !== 1 || first.emails.length > 0 || first.organization) return undefined;
  return { contact: { phone_number: first.phones[0], first_name: first.name ?? undefined, vcard: first.vcard ?? undefined } };
}
