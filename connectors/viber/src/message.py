"""Messages of contacts."""

from trunkline import payload
from trunkline.contract import (
    ContactCard,
    EventKind_Message,
    Location,
    Media,
    MediaKind_File,
    MediaKind_Image,
    MediaKind_Sticker,
    MediaKind_Video,
    MediaSource_Url,
    Message,
    Opaque,
    Part_Contacts,
    Part_Location,
    Part_Media,
    Part_Other,
    Part_Text,
    new,
)
from trunkline.payload import member, number, text, whole


def read(raw):
    """The kind of a `message` event with its attributes. None where it has no token, no type or no sender."""
    token = text(raw.value.get("message_token"))
    kind = text(member(raw.value, "message", "type"))
    if token is None or kind is None or text(member(raw.value, "sender", "id")) is None:
        return None
    content = payload.part(raw, "message")
    reader = READERS.get(kind)
    part = reader(content.value) if reader else None
    if part is None:
        part = Part_Other(Opaque(kind, content.text))
    attributes = [("tracking_data", tracking)] if (tracking := text(content.value.get("tracking_data"))) else []
    if kind == "url":
        # It is a text here; what it was at Viber is told along.
        attributes.append(("message_type", "url"))
    return EventKind_Message(new(Message, id=token, parts=[part])), attributes


def _text(content):
    written = content.get("text")
    return Part_Text(written) if isinstance(written, str) and written else None


def _link(content):
    url = text(content.get("media"))
    return Part_Text(url) if url else None


def _media(kind):
    def read_media(content):
        url = text(content.get("media"))
        if url is None:
            return None
        seconds = number(content.get("duration"))
        extras = [(name, text(content.get(name))) for name in ("thumbnail", "sticker_id")]
        media = new(
            Media,
            kind=kind(),
            source=MediaSource_Url(url),
            name=payload.file_name(content.get("file_name")),
            size=whole(content.get("size")),
            caption=text(content.get("text")),
            duration_ms=whole(seconds * 1000) if seconds is not None else None,
            attributes=[(name, value) for name, value in extras if value],
        )
        return Part_Media(media)

    return read_media


def _contact(content):
    card = content.get("contact")
    name, phone, avatar = (text(member(card, key)) for key in ("name", "phone_number", "avatar"))
    if name is None and phone is None:
        return None
    attributes = [("avatar", avatar)] if avatar else []
    return Part_Contacts([new(ContactCard, name=name, phones=[phone] if phone else [], attributes=attributes)])


def _location(content):
    latitude, longitude = (number(member(content, "location", key)) for key in ("lat", "lon"))
    if latitude is None or longitude is None:
        return None
    address = text(member(content, "location", "address")) or text(content.get("address"))
    return Part_Location(new(Location, latitude=latitude, longitude=longitude, address=address))


READERS = {
    "text": _text,
    "url": _link,
    "picture": _media(MediaKind_Image),
    "video": _media(MediaKind_Video),
    "file": _media(MediaKind_File),
    "sticker": _media(MediaKind_Sticker),
    "contact": _contact,
    "location": _location,
}
