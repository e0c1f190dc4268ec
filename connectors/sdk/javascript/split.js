// Long texts in pieces, as channels count them.

/** UTF-16 code units, as most channels count: an emoji is two. */
export const UTF16 = (letter) => letter.length;
/** Unicode scalar values. */
export const CHARS = () => 1;
/** Bytes of UTF-8. */
export const BYTES = (letter) => {
  const code = letter.codePointAt(0);
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
};

/** How long a text is. */
export function lengthOf(text, unit = UTF16) {
  if (unit === UTF16) return text.length;
  let length = 0;
  for (const letter of text) length += unit(letter);
  return length;
}

/**
 * Pieces of at most so many units, at least 4: cut at the last white space of a piece, which goes, or where a word alone is
 * longer, inside of it. None is empty but that of an empty text; a text that fits is one piece, as it is.
 */
export function atWordEnds(text, most, unit = UTF16) {
  const pieces = [];
  let rest = text;
  for (let cut = endOf(rest, most, unit); cut < rest.length; cut = endOf(rest, most, unit)) {
    let end = cut;
    if (!/^\s/.test(rest.slice(cut, cut + 1))) {
      const space = rest.slice(0, cut).search(/\s\S*$/);
      if (space > 0 && rest.slice(0, space).trim()) end = space;
    }
    const piece = rest.slice(0, end).trimEnd();
    // White space alone is no message.
    if (piece) pieces.push(piece);
    rest = rest.slice(end).trimStart();
  }
  if (rest || pieces.length === 0) pieces.push(rest);
  return pieces;
}

/** A text of at most so many units that ends in `…` where something had to go; `undefined` where it fits as it is. */
export function shortened(text, most, unit = UTF16) {
  if (lengthOf(text, unit) <= most) return undefined;
  return `${text.slice(0, endOf(text, most - unit('…'), unit)).trimEnd()}…`;
}

/** The index at which a piece of at most so many units ends. */
function endOf(text, most, unit) {
  let units = 0;
  let at = 0;
  // As far as a piece reaches, not more: two units of UTF-16 are the most that a letter has.
  for (const letter of text.slice(0, most * 2 + 2)) {
    units += unit(letter);
    if (units > most) return at;
    at += letter.length;
  }
  return at;
}
