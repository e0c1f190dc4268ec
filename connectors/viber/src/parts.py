"""From the parts of a message to Viber's messages, checked."""

import attachment
import keyboard
from bubble import Bubble, texts
from trunkline import payload
from trunkline.contract import (
    OutgoingPart_Choices,
    OutgoingPart_Contacts,
    OutgoingPart_Html,
    OutgoingPart_Location,
    OutgoingPart_Media,
    OutgoingPart_Native,
    OutgoingPart_Reaction,
    OutgoingPart_Read,
    OutgoingPart_Template,
    OutgoingPart_Text,
    OutgoingPart_Typing,
)
from trunkline.failure import refuse, unsupported

NOT_QUOTED = "the message that this one answers is not quoted: bots on Viber cannot"
SUBJECT = "the subject is a text of its own: Viber has none"
LACKING = {
    OutgoingPart_Html: "HTML: send a text",
    OutgoingPart_Template: "templates: send a text",
    OutgoingPart_Reaction: "reactions",
    OutgoingPart_Read: "read markers",
    OutgoingPart_Typing: "typing indicator",
}
# Whom a message goes to and who sends it is not for a part to say.
RESERVED = ("auth_token", "receiver", "broadcast_list", "chat_id", "sender", "from")


def items(message):
    """All bubbles in order. At least one."""
    found = []
    if message.subject and message.subject.strip():
        found += [bubble.noted(SUBJECT) for bubble in texts(0, message.subject)]
    last = len(message.parts) - 1
    for index, part in enumerate(message.parts):
        found += bubbles(index, part, index == last)
    if not message.parts:
        raise refuse("missing", "the message has no parts")
    if message.reply_to:
        found[0].noted(NOT_QUOTED)
    return found


def bubbles(index, part, last):
    """What one part becomes. `last`: no other part follows."""
    match part:
        case OutgoingPart_Text(value=text):
            return texts(index, text)
        case OutgoingPart_Media(value=media):
            return attachment.bubbles(index, media)
        case OutgoingPart_Location(value=place):
            return location(index, place)
        case OutgoingPart_Contacts(value=cards):
            return contacts(index, cards)
        case OutgoingPart_Choices(value=choices):
            return keyboard.bubbles(index, choices, last)
        case OutgoingPart_Native(value=opaque):
            return [Bubble(index, native(index, opaque))]
    raise unsupported(index, LACKING[type(part)])


def location(index, place):
    """A place is two numbers at Viber, written as texts. What else is said of it follows."""
    for name, found, most in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        # Written so that NaN fails as well.
        if not -most <= found <= most:
            raise refuse("unsupported", f"part {index}: the {name} is `{found}`, expected -{most} to {most}")
    coordinates = {"lat": str(place.latitude), "lon": str(place.longitude)}
    found = [Bubble(index, {"type": "location", "location": coordinates})]
    lines = [line for line in (place.name, place.address, place.url) if line and line.strip()]
    note = "name, address and link of the place follow as a text: Viber's places have none"
    return found + ([bubble.noted(note) for bubble in texts(index, "\n".join(lines))] if lines else [])


def contacts(index, cards):
    """A contact for each card with a phone number; what does not fit, and cards without one, as texts."""
    if not cards:
        raise refuse("missing", f"part {index}: no contact cards")
    found = []
    for card in cards:
        phones = [phone for phone in card.phones if phone.strip()]
        name = next((text for text in (card.name, card.organization, *phones) if text and text.strip()), None)
        lines = [text for text in (*phones[1:], *card.emails, card.organization) if text and text.strip() and text != name]
        lines += [f"{key}: {value}" for key, value in card.attributes]
        if phones:
            contact = Bubble(index, {"type": "contact", "contact": {"name": name, "phone_number": phones[0]}})
            found.append(contact if card.name == name else contact.noted(f"Viber needs a name: `{name}` stands in for it"))
            note = "the rest of the contact card follows as a text: Viber has name and one number"
        else:
            lines = [name, *lines] if name else lines or [card.vcard or ""]
            note = "the contact card is a text: Viber needs a phone number"
            if not "".join(lines).strip():
                raise refuse("missing", f"part {index}: a contact card is empty")
        if lines:
            found += [bubble.noted(note) for bubble in texts(index, "\n".join(lines))]
    return found


def native(index, opaque):
    """Viber's own notation: a message without what every message has, by its type."""
    try:
        content = payload.parse(opaque.payload)
    except payload.Unreadable as error:
        raise refuse("unsupported", f"part {index}: no JSON, {error}") from None
    if not isinstance(content, dict):
        raise refuse("unsupported", f"part {index}: a Viber message is a JSON object")
    if content.get("type") != opaque.name or not opaque.name:
        found = payload.text(content.get("type")) or ""
        raise refuse("unsupported", f"part {index}: the `type` is `{found}`, expected the part's name `{opaque.name}`")
    for name in RESERVED:
        if name in content:
            raise refuse("unsupported", f"part {index}: `{name}` is not for a part to say")
    # Older apps show nothing of it.
    return {"min_api_version": 7, **content} if opaque.name == "rich_media" else content
