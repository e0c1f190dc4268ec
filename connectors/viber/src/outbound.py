"""Messages to a contact: one call for each bubble, in the order of the parts.

There is no idempotency key, so that no call is repeatable.
"""

import answer
import parts
import settings
from trunkline import payload
from trunkline.calls import Calls, post, secret_header
from trunkline.contract import IdentifierScheme_Id, ThreadKind_Direct
from trunkline.failure import refuse, wrong_setting
from trunkline.request import setting
from trunkline.sending import CALLS_MAX, Prepared, address, attribute, in_turn
from trunkline.split import length

SEND_MESSAGE = "https://chatapi.viber.com/pa/send_message"
SENDER_LETTERS_MAX = 28
TRACKING_LETTERS_MAX = 4_000
# Of the whole JSON. Not confirmed.
BODY_BYTES_MAX = 30_000


def send(message, context):
    """`outbound.send`."""
    frame = envelope(message, context)
    items = parts.items(message)
    if len(items) > CALLS_MAX:
        raise refuse("too_many", f"this becomes {len(items)} messages, {CALLS_MAX} at most are sent as one")
    prepared = [Prepared(item.part, call(frame, item), item.degraded, item.attributes) for item in items]
    return in_turn(Calls(context), prepared, lambda message, response: answer.receipts(message, response, context.now))


def envelope(message, context):
    """What every message has but its content."""
    receiver = address(message, IdentifierScheme_Id)
    if receiver is None:
        raise refuse("missing", "the contact has no Viber id")
    frame = {"receiver": receiver}
    if message.thread and not isinstance(message.thread.kind, ThreadKind_Direct):
        frame["chat_id"] = message.thread.id
    frame |= {"min_api_version": 1, "sender": settings.sender(context, sender_name(context))}
    # What the message before it carried goes on: Viber gives back the last one only.
    tracking = attribute(message, "tracking_data")
    if tracking:
        if length(tracking, "utf16") > TRACKING_LETTERS_MAX:
            raise refuse("too_long", f"`tracking_data` has more than {TRACKING_LETTERS_MAX} characters")
        frame["tracking_data"] = tracking
    return frame


def sender_name(context):
    """Viber shows no message without one."""
    name = setting(context, settings.SENDER)
    if name is None:
        raise wrong_setting("setting `sender_name` is empty: Viber needs it to send")
    if length(name, "utf16") > SENDER_LETTERS_MAX:
        raise wrong_setting(f"setting `sender_name` is `{name}`, expected at most {SENDER_LETTERS_MAX} characters")
    return name


def call(frame, item):
    """The call for one bubble."""
    body = payload.dump({**frame, **item.content})
    size = len(body.encode())
    if size > BODY_BYTES_MAX:
        raise refuse("too_long", f"part {item.part}: {size} bytes of JSON, at most {BODY_BYTES_MAX}")
    return post(SEND_MESSAGE, "application/json", body, secret_header("x-viber-auth-token", settings.TOKEN))
