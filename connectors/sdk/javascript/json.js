// JSON as providers really send it, without losing anything: ids of twenty digits keep them all, a bad item leaves its
// neighbours alone and is kept letter by letter.

/** Deeper JSON is not parsed: the engine's own parser would run out of stack, and trap. */
const DEPTH_MAX = 400;
/** From so many digits on, a number is no longer exact in JavaScript. */
const MANY_DIGITS = /\d{16}/;

/**
 * Parses a text. `undefined` where it is no JSON, or nested too deep. Numbers of 16 digits and more become texts, so that
 * `textOf` gives every digit.
 */
export function parseJson(text) {
  if (typeof text !== 'string' || isTooDeep(text)) return undefined;
  try {
    const value = JSON.parse(text);
    // Parsed once before: what is no JSON must not become some.
    return MANY_DIGITS.test(text) ? JSON.parse(withLongNumbersAsTexts(text)) : value;
  } catch {
    return undefined;
  }
}

/** The members of an object, each as its raw text: `{ name: '{"a":1}' }`. `undefined` where the text is no object. */
export function rawMembers(text) {
  const value = parseJsonShallow(text, '{');
  return value && Object.fromEntries(value.map((raw) => {
    const end = endOfString(raw, 0);
    return [JSON.parse(raw.slice(0, end)), raw.slice(raw.indexOf(':', end) + 1).trim()];
  }));
}

/** The items of a list, each as its raw text. `undefined` where the text is no list. */
export function rawItems(text) {
  return parseJsonShallow(text, '[');
}

/** A text that may have come as a number or boolean; `undefined` for anything else. */
export function textOf(value) {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : undefined;
}

/** [`textOf`] that is not empty. */
export function filled(value) {
  return textOf(value) || undefined;
}

/** A number that may have come as text. */
export function numberOf(value) {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  return Number.isFinite(number) ? number : undefined;
}

/** A whole number from 0 on: bytes, milliseconds. */
export function wholeOf(value) {
  const number = numberOf(value);
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER ? Math.trunc(number) : undefined;
}

/** The value where it is an object (no list), else an empty one: a missing field of something missing is missing. */
export function objectOf(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** The value where it is a list, else an empty one. */
export function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** A time in seconds or milliseconds since the Unix epoch as milliseconds: from 10^12 on it is taken for milliseconds. */
export function milliseconds(time) {
  const number = numberOf(time);
  if (!(number > 0)) return undefined;
  const found = Math.round(number >= 1e12 ? number : number * 1000);
  return found <= Number.MAX_SAFE_INTEGER ? found : undefined;
}

/** The scalar members of an object that nothing else reads, for attributes. */
export function scalars(object, leaveOut) {
  const members = Object.entries(objectOf(object)).filter(([name]) => !leaveOut.includes(name));
  return members.map(([name, value]) => [name, textOf(value)]).filter(([, text]) => text !== undefined);
}

/** The members or items of the outermost level. */
function parseJsonShallow(text, open) {
  if (parseJson(text) === undefined && !isJsonAround(text)) return undefined;
  const trimmed = text.trim();
  if (trimmed[0] !== open) return undefined;
  const found = [];
  let start = 1;
  let depth = 0;
  for (const [letter, at] of marks(trimmed)) {
    if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    const ends = depth === 0 || (depth === 1 && letter === ',');
    if (!ends) continue;
    const raw = trimmed.slice(start, at).trim();
    if (raw || found.length) found.push(raw);
    start = at + 1;
  }
  return found;
}

/** Whether a text that is too deep for the parser is at least balanced, so that its items can be told apart. */
function isJsonAround(text) {
  if (typeof text !== 'string' || !isTooDeep(text)) return false;
  const open = [];
  for (const [letter, at] of marks(text)) {
    if (letter === '{' || letter === '[') open.push(letter);
    else if (letter === '}' || letter === ']') {
      if (open.pop() !== (letter === '}' ? '{' : '[')) return false;
      if (open.length === 0) return text.slice(at + 1).trim() === '' && /^\s*[[{]/.test(text) && isShallowJson(text);
    }
  }
  return false;
}

/** The same text with what is nested in its items taken out must be JSON. */
function isShallowJson(text) {
  const pieces = [];
  let depth = 0;
  let start = 0;
  for (const [letter, at] of marks(text)) {
    if (letter === '{' || letter === '[') {
      depth += 1;
      if (depth === 3) pieces.push(text.slice(start, at), 'null');
    } else if (letter === '}' || letter === ']') {
      if (depth === 3) start = at + 1;
      depth -= 1;
    }
  }
  pieces.push(text.slice(start));
  try {
    JSON.parse(pieces.join(''));
    return true;
  } catch {
    return false;
  }
}

function isTooDeep(text) {
  // Not more brackets than levels are allowed: nothing to count.
  if (text.split('[').length + text.split('{').length <= DEPTH_MAX) return false;
  let depth = 0;
  for (const [letter] of marks(text)) {
    if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

/** Every bracket, brace and comma outside of strings, with its place. */
function* marks(text) {
  const mark = /["[\]{},]/g;
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    if (found[0] === '"') mark.lastIndex = endOfString(text, found.index);
    else yield [found[0], found.index];
  }
}

/** The index behind the string that starts there; the end of the text where it does not end. */
function endOfString(text, start) {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text[before - 1] === '\\') before -= 1;
    if ((at - before) % 2 === 0) return at + 1;
  }
  return text.length;
}

function withLongNumbersAsTexts(text) {
  const quoted = (piece) => piece.replace(/-?\d[\d.eE+-]{15,}/g, (number) => (MANY_DIGITS.test(number) ? `"${number}"` : number));
  const pieces = [];
  let start = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', start)) {
    const end = endOfString(text, at);
    pieces.push(quoted(text.slice(start, at)), text.slice(at, end));
    start = end;
  }
  pieces.push(quoted(text.slice(start)));
  return pieces.join('');
}
