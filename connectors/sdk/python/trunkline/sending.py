"""What connectors that send have in common: messages made ready, sent in turn, and what a channel lacks."""

import hashlib

from . import contract
from .failure import Failed
from .payload import dump

# The receipt's attribute with the answers of a list of options.
ANSWERS = "answers"
# The receipt's attribute with the names of what this message has used up.
SPENT = "spent"
# The message's attribute with the id of the contact's last message, whose attributes the others are.
LAST_MESSAGE_ID = "last_message_id"
# The contract's 32 rounds, less the one that says what came of it.
CALLS_MAX = 31


class Prepared:
    """One call of a message, and what its receipt will say."""

    def __init__(self, part, call, degraded=(), attributes=()):
        self.part = part
        self.call = call
        self.degraded = list(degraded)
        self.attributes = list(attributes)

    def receipt(self, message_id):
        """The receipt for a message of that id."""
        return contract.Receipt(message_id, self.part, self.degraded, self.attributes)


def in_turn(calls, prepared, read):
    """Makes the calls one after the other. `read(prepared, response)` gives the receipts of an answer, or raises
    `Failed`: then what was sent before is told along."""
    receipts = []
    for message in prepared:
        response = calls.make(message.call)
        try:
            receipts += read(message, response)
        except Failed as failed:
            raise Failed(failed.failure, receipts) from None
    return receipts


def retry_key(message, number):
    """The idempotency key of the call of that number: the message's id for the first one, and a UUID (version 8) made
    of both for the others. The same for every attempt."""
    if number == 0:
        return message.id
    key = bytearray(hashlib.sha256(message.id.encode() + number.to_bytes(8, "big")).digest()[:16])
    key[6] = key[6] & 0x0F | 0x80
    key[8] = key[8] & 0x3F | 0x80
    text = key.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def address(message, scheme):
    """The first identifier of that scheme (a class: `IdentifierScheme_Id`), where it is not empty."""
    found = next((to.value for to in message.to if isinstance(to.scheme, scheme)), None)
    return found or None


def attribute(record, name):
    """The value of an attribute, where it is there and not empty. Of messages, media, events."""
    return next((value for key, value in record.attributes if key == name), None) or None


def numbered(choices):
    """Options as a numbered list: the text, and the value of the attribute `answers`. Links have no number."""
    lines = [choices.text.rstrip()] if choices.text.strip() else []
    answers = []
    for option in choices.options:
        if option.url is None:
            number = str(len(answers) + 1)
            answers.append({"answer": number, "id": option.id, "title": option.title})
            line = f"{number}. {option.title}"
        else:
            line = f"{option.title}: {option.url}"
        lines.append(f"{line} ({option.description})" if option.description else line)
    return "\n".join(lines), dump(answers)
