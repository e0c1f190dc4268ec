"""From a signed body to its event."""

import message
import occurrence
import person
import settings
from trunkline import payload, request, signature
from trunkline.contract import Event, EventKind_Other, Opaque, Thread, ThreadKind_Group
from trunkline.refusal import missing

SIGNATURE_HEADER = "x-viber-content-signature"
SIGNATURE_PARAMETER = "sig"

# How each event is read: its kind and attributes, or None where its content has not the form expected.
READERS = {
    "message": message.read,
    "subscribed": occurrence.subscribed,
    "unsubscribed": occurrence.unsubscribed,
    "conversation_started": occurrence.conversation_started,
    "delivered": occurrence.status,
    "seen": occurrence.status,
    "failed": occurrence.status,
}
# What has a place of its own. Everything else of an event becomes an attribute.
PLACED = ("event", "timestamp", "message_token", "user_id", "chat_id", "type", "context", "desc")


def verified(received, context):
    """The body, once its signature has been verified. Refuses what is not genuine."""
    tokens = request.secrets(context, settings.TOKEN)
    given = request.header(received, SIGNATURE_HEADER)
    if given is None:
        # The same value: Viber's own SDK for Node.js reads it here.
        given = request.first(request.query(received), SIGNATURE_PARAMETER)
    if given is None:
        raise missing("`X-Viber-Content-Signature`")
    signature.verify("sha256", tokens, signature.hex_digest(given, 32), received.body)
    return payload.parse_object(received.body)


def account(context):
    """Our side. Viber does not say in a webhook which bot it is for."""
    return request.setting(context, settings.BOT, settings.BOT_DEFAULT)


def events(raw, bot):
    """The event of a verified body, as a list. Viber's try of a new URL is none."""
    name = payload.text(raw.value.get("event")) or "event"
    if name == "webhook":
        return []
    reader = READERS.get(name)
    found = reader(raw) if reader else None
    # What could not be read has its own text, and needs nothing beside it.
    kind, attributes = (found[0], found[1] + extras(raw.value)) if found else (EventKind_Other(Opaque(name, raw.text)), [])
    return [
        Event(
            id=event_id(name, raw, bot),
            account=bot,
            occurred_at=payload.milliseconds(raw.value.get("timestamp")),
            contact=person.of(raw.value),
            thread=thread(raw.value),
            kind=kind,
            attributes=attributes,
        )
    ]


def event_id(name, raw, bot):
    """`message_token` alone is not enough: receipts carry that of our message, one for each contact it went to."""
    token = payload.text(raw.value.get("message_token"))
    if token is None:
        return signature.content_id(name, bot, raw.text)
    user = payload.text(raw.value.get("user_id"))
    return f"{name}:{token}:{user}" if user else f"{name}:{token}"


def thread(value):
    """A conversation of several people. Without a `chat_id` it is the contact's own."""
    chat = payload.text(value.get("chat_id"))
    return Thread(chat, ThreadKind_Group(), None) if chat else None


def extras(value):
    """What else an event and its user say: `silent` only where it is true."""
    user = value.get("sender", value.get("user"))
    pairs = payload.scalars(value, PLACED) + payload.scalars(user, person.PLACED)
    return [(name, text) for name, text in dict(pairs).items() if (name, text) != ("silent", "false")]


def welcome(raw, context):
    """Status, body and media type of the answer: a new conversation may be answered with one message."""
    text = request.setting(context, settings.WELCOME)
    name = request.setting(context, settings.SENDER)
    if raw.value.get("event") != "conversation_started" or not text or not name:
        return 200, b""
    body = {"sender": settings.sender(context, name), "type": "text", "text": text, "tracking_data": ""}
    return 200, payload.dump(body).encode(), "application/json"
