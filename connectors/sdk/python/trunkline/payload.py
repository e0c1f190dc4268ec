"""JSON as providers really send it: numbers where texts were promised, items that must not spoil their batch.

Integers keep all their digits. What cannot be read is never lost: an item of a batch has its raw text beside it.
"""

import json
import math
import re
from json.decoder import scanstring

from .refusal import malformed

# Deeper JSON is no provider's, and reading it takes a stack that a connector does not have.
DEPTH_MAX = 100
# Digits of an integer. Longer ones are numbers beyond every id and time.
DIGITS_MAX = 40
# Milliseconds since 2001, or seconds until the year 33658.
_MILLISECONDS_FROM = 1e12
_UNIT_MAX = 2**64 - 1

_BLANK = re.compile(r"[ \t\n\r]*")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """No JSON, or none that can be kept as text. Says where, and nothing of what stands there."""


class Raw:
    """A value with the text that it was read from."""

    __slots__ = ("value", "text")

    def __init__(self, value, text):
        self.value = value
        self.text = text


def decode(body):
    """The body as text. Refuses with 400 where it is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise malformed(f"not UTF-8, at byte {error.start}") from None


def parse(text):
    """A JSON value: objects are dicts, integers have all their digits. Raises `Unreadable`."""
    _bound_depth(text)
    try:
        value = _DECODER.decode(text)
        # Half of a pair is no text, and could not leave the component. Looked for only where it may be.
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno} column {error.colno}") from None
    except UnicodeEncodeError:
        raise Unreadable("half of a surrogate pair") from None
    except (ValueError, RecursionError):
        raise Unreadable("a value that cannot be read") from None
    return value


def parse_object(body):
    """The object that a body is, with its text: `Raw`. Refuses with 400 where it is none."""
    text = decode(body)
    try:
        value = parse(text)
    except Unreadable as error:
        raise malformed(f"not the JSON expected: {error}") from None
    if not isinstance(value, dict):
        raise malformed("not the JSON expected: no object")
    return Raw(value, text)


def part(raw, name):
    """A member of an object with its own text, or None. Of a name that stands twice the last one counts, as in the object.

    `raw` is what `parse_object` gave, or `items` for an object in a list.
    """
    if not isinstance(raw.value, dict) or name not in raw.value:
        return None
    start = None
    for key, at in _members(raw.text):
        if key == name:
            start = at
    return Raw(raw.value[name], raw.text[start : _DECODER.raw_decode(raw.text, start)[1]])


def items(raw, name):
    """The items of a list in an object, each with its own text. None where there is no list of that name."""
    found = part(raw, name)
    return list(_elements(found.text)) if found and isinstance(found.value, list) else None


def text(value):
    """A text that may have arrived as a number or boolean. None where it is anything else, or empty."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return repr(value) if isinstance(value, float) and math.isfinite(value) else None


def number(value):
    """A finite number that may have arrived as text, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value):
    """A number of bytes or milliseconds: 0 to 2^64-1, fractions cut off. None where it is none."""
    found = value if isinstance(value, int) and not isinstance(value, bool) else number(value)
    return int(found) if found is not None and 0 <= found <= _UNIT_MAX else None


def milliseconds(value):
    """A time in seconds or milliseconds since the Unix epoch, as number or text: from 10^12 on it is milliseconds."""
    found = number(value)
    if found is None or found <= 0:
        return None
    return whole(round(found if found >= _MILLISECONDS_FROM else found * 1000))


def scalars(value, leave_out=()):
    """The members of an object that nothing else reads, for attributes: texts, numbers and booleans."""
    if not isinstance(value, dict):
        return []
    pairs = ((name, "" if member == "" else text(member)) for name, member in value.items() if name not in leave_out)
    return [(name, member) for name, member in pairs if member is not None]


def member(value, *names):
    """What stands in an object of objects under these names, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def dump(value):
    """Compact JSON, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def file_name(value):
    """The last segment of a path, without control characters. None where nothing is left."""
    last = re.split(r"[/\\]", text(value) or "")[-1]
    name = "".join(letter for letter in last if ord(letter) > 31 and not 127 <= ord(letter) < 160)
    return None if name in ("", ".", "..") else name


def _integer(digits):
    return int(digits) if len(digits) <= DIGITS_MAX else float(digits)


def _no_constant(name):
    raise ValueError(name)


# `NaN` and `Infinity` are no JSON.
_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=_no_constant)


def _bound_depth(text):
    # As many brackets as that cannot be too deep.
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for token in _BRACKETS.finditer(text):
        letter = text[token.start()]
        if letter in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise Unreadable(f"more than {DEPTH_MAX} brackets deep")
        elif letter in "]}":
            depth -= 1


def _members(text):
    """Name and place of each value of an object that is known to be one."""
    at = _BLANK.match(text, _BLANK.match(text).end() + 1).end()
    while text[at] == '"':
        name, at = scanstring(text, at + 1, True)
        at = _BLANK.match(text, _BLANK.match(text, at).end() + 1).end()
        yield name, at
        at = _BLANK.match(text, _DECODER.raw_decode(text, at)[1]).end()
        if text[at] == ",":
            at = _BLANK.match(text, at + 1).end()


def _elements(text):
    """Each value of a list that is known to be one."""
    at = _BLANK.match(text, 1).end()
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield Raw(value, text[at:end])
        at = _BLANK.match(text, end).end()
        if text[at] == ",":
            at = _BLANK.match(text, at + 1).end()
