// UTF-8. The engine has neither `TextDecoder` nor `TextEncoder`.

/** Letters that are made of bytes at once: more would not fit on the stack. */
const BYTES_AT_ONCE = 4096;

/** A text that can leave the component: half of a pair of surrogates would trap, and becomes U+FFFD. */
export function wellFormed(text) {
  return text.toWellFormed();
}

/** The bytes of a text. */
export function utf8(text) {
  const letters = unescape(encodeURIComponent(wellFormed(text)));
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

/** The text of bytes, or `undefined` where they are not UTF-8. */
export function utf8Decode(bytes) {
  try {
    return decodeURIComponent(escape(binary(bytes)));
  } catch {
    return undefined;
  }
}

/** A letter for each byte. */
export function binary(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += BYTES_AT_ONCE) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + BYTES_AT_ONCE)));
  }
  return pieces.join('');
}
