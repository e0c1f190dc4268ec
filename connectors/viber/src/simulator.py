"""The inverse: Viber's JSON for an event, signed."""

import settings
import webhook
from trunkline import payload, request, signature
from trunkline.contract import (
    ConsentState_Granted,
    DeliveryState_Delivered,
    DeliveryState_Failed,
    DeliveryState_Read,
    EventKind_Consent,
    EventKind_Message,
    EventKind_Other,
    EventKind_Referral,
    EventKind_Status,
    MediaKind_File,
    MediaKind_Image,
    MediaKind_Sticker,
    MediaKind_Video,
    MediaSource_Url,
    Part_Contacts,
    Part_Location,
    Part_Media,
    Part_Text,
    Request,
)
from trunkline.sending import attribute

STATES = {DeliveryState_Delivered: "delivered", DeliveryState_Read: "seen", DeliveryState_Failed: "failed"}
MEDIA = {MediaKind_Image: "picture", MediaKind_Video: "video", MediaKind_File: "file", MediaKind_Sticker: "sticker"}
# Of `message_token`. Anything else that is given for an id stays a text.
DIGITS_MAX = 20


def simulate(event, url, context):
    """The webhook of an event. None where Viber has none for it, or not for all that is in it."""
    tokens = request.setting_values(context, settings.TOKEN)
    value = body(event, context.now)
    if value is None or not tokens:
        return None
    written = payload.dump(value).encode()
    # What would come back otherwise is not sent.
    back = webhook.events(payload.parse_object(written), webhook.account(context))
    if len(back) != 1 or not same(back[0].kind, event.kind):
        return None
    headers = [
        ("content-type", "application/json"),
        (webhook.SIGNATURE_HEADER, signature.digest("sha256", tokens[0], written).hex()),
    ]
    return Request("POST", url, headers, written)


def same(back, kind):
    """Whether an event says the same. What Viber does not know is the same by its name."""
    if isinstance(kind, EventKind_Other) and isinstance(back, EventKind_Other):
        return back.value.name == kind.value.name
    return back == kind


def body(event, now):
    """The JSON of an event, or None."""
    kind = event.kind
    frame = {"timestamp": event.occurred_at or now, "message_token": token(event.id)}
    if event.thread:
        frame["chat_id"] = event.thread.id
    match kind:
        case EventKind_Message(value=message):
            content = part(message.parts[0]) if len(message.parts) == 1 else None
            if content is None:
                return None
            if tracking := attribute(event, "tracking_data"):
                content["tracking_data"] = tracking
            return {"event": "message", **frame, "message_token": token(message.id), "sender": user(event), "message": content}
        case EventKind_Consent(value=consent) if isinstance(consent.state, ConsentState_Granted):
            return {"event": "subscribed", **frame, "user": user(event)}
        case EventKind_Consent():
            return {"event": "unsubscribed", **frame, "user_id": user(event).get("id")}
        case EventKind_Referral(value=referral):
            subscribed = attribute(event, "subscribed") == "true"
            opened = {"type": referral.source, "context": referral.ref, "user": user(event), "subscribed": subscribed}
            return {"event": "conversation_started", **frame, **opened}
        case EventKind_Status(value=status) if type(status.state) in STATES:
            failure = {"desc": status.failure.message} if status.failure else {}
            about = {"message_token": token(status.message_id), "user_id": user(event).get("id"), **failure}
            return {"event": STATES[type(status.state)], **frame, **about}
        case EventKind_Other(value=opaque):
            return unknown(opaque, {**frame, "user_id": user(event).get("id")})
    return None


def unknown(opaque, frame):
    """An event by its own text, as far as that is an object."""
    try:
        content = payload.parse(opaque.payload)
    except payload.Unreadable:
        return None
    return {"event": opaque.name, **frame, **content} if isinstance(content, dict) else None


def token(text):
    """Viber's tokens are numbers beyond 2^53."""
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX and str(int(text)) == text
    return int(text) if is_number else text


def user(event):
    """Who it is, as Viber writes it."""
    contact = event.contact
    if contact is None or not contact.identifiers:
        return {}
    found = {
        "id": contact.identifiers[0].value,
        "name": contact.name,
        "avatar": contact.avatar_url,
        "language": contact.locale,
    }
    return {name: value for name, value in found.items() if value}


def part(part):
    """The field `message` for one part."""
    match part:
        case Part_Text(value=text):
            return {"type": "text", "text": text}
        case Part_Media(value=media) if type(media.kind) in MEDIA and isinstance(media.source, MediaSource_Url):
            content = {"type": MEDIA[type(media.kind)], "media": media.source.value, "text": media.caption}
            content |= {"file_name": media.name, "size": media.size, **dict(media.attributes)}
            if media.duration_ms is not None:
                content["duration"] = media.duration_ms / 1000
            return {name: value for name, value in content.items() if value is not None}
        case Part_Location(value=place):
            address = {"address": place.address} if place.address else {}
            return {"type": "location", "location": {"lat": place.latitude, "lon": place.longitude, **address}}
        case Part_Contacts(value=[card]):
            phone = card.phones[0] if card.phones else None
            return {"type": "contact", "contact": {"name": card.name, "phone_number": phone, **dict(card.attributes)}}
    return None
