"""Long texts in pieces, as channels count them: `utf16` (an emoji is two), `letters`, `utf8` (bytes)."""

_SIZES = {
    "utf16": lambda letter: 2 if ord(letter) > 0xFFFF else 1,
    "letters": lambda letter: 1,
    "utf8": lambda letter: len(letter.encode()),
}


def length(text, unit):
    """How long a text is."""
    if unit == "letters":
        return len(text)
    if unit == "utf16":
        return len(text) + sum(letter > "\uffff" for letter in text)
    return len(text.encode())


def at_word_ends(text, most, unit):
    """Pieces of at most so many units, at least 4: cut at the last white space of a piece, which goes, or inside of a
    word that alone is longer. None is empty but that of an empty text; a text that fits is one piece, as it is."""
    most = max(most, 4)
    pieces = []
    start = 0
    while (cut := _end(text, start, most, unit)) < len(text):
        stop = cut
        # Where the text goes on with a new word right there, nothing of this piece needs to move.
        if not text[cut].isspace():
            space = next((at for at in range(cut - 1, start - 1, -1) if text[at].isspace()), None)
            if space is not None and text[start:space].strip():
                stop = space
        piece = text[start:stop].rstrip()
        # White space alone is no message.
        if piece:
            pieces.append(piece)
        start = stop
        while start < len(text) and text[start].isspace():
            start += 1
    if start < len(text) or not pieces:
        pieces.append(text[start:])
    return pieces


def shortened(text, most, unit):
    """A text of at most so many units, which ends in `…` where something had to go. None: it fits as it is."""
    if length(text, unit) <= most:
        return None
    return text[: _end(text, 0, max(0, most - _SIZES[unit]("…")), unit)].rstrip() + "…"


def _end(text, start, most, unit):
    """Where a piece of at most so many units ends that begins there."""
    size, units = _SIZES[unit], 0
    if unit == "letters":
        return min(len(text), start + most)
    for at in range(start, len(text)):
        units += size(text[at])
        if units > most:
            return at
    return len(text)
