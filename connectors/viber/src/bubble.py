"""One message at Viber, and texts."""

from trunkline.failure import refuse
from trunkline.split import at_word_ends

# Counted as UTF-16, which is never fewer than what else could be meant by characters.
TEXT_UNITS_MAX = 7_000


class Bubble:
    """One message at Viber: its content, what had to be rendered otherwise, and attributes of its receipt."""

    def __init__(self, part, content):
        self.part = part
        self.content = content
        self.degraded = []
        self.attributes = []

    def noted(self, *notes):
        """Rendered otherwise: says how."""
        self.degraded += notes
        return self


def texts(part, text):
    """A text in as many bubbles as it needs."""
    if not text.strip():
        raise refuse("missing", f"part {part}: the text is empty")
    return [Bubble(part, {"type": "text", "text": piece}) for piece in at_word_ends(text, TEXT_UNITS_MAX, "utf16")]
