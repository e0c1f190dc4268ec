"""What happens besides messages: subscriptions, conversations begun, receipts."""

from trunkline.contract import (
    Consent,
    ConsentState_Granted,
    ConsentState_Revoked,
    DeliveryState_Delivered,
    DeliveryState_Failed,
    DeliveryState_Read,
    EventKind_Consent,
    EventKind_Referral,
    EventKind_Status,
    Failure,
    FailureReason_Other,
    Referral,
    Status,
    new,
)
from trunkline.payload import member, text

STATES = {"delivered": DeliveryState_Delivered, "seen": DeliveryState_Read, "failed": DeliveryState_Failed}


def subscribed(raw):
    """The contact's first message: the bot may write from now on."""
    if text(member(raw.value, "user", "id")) is None:
        return None
    return EventKind_Consent(Consent(ConsentState_Granted(), "all", "subscribe")), []


def unsubscribed(raw):
    """The contact does not want to be written to."""
    if text(raw.value.get("user_id")) is None:
        return None
    return EventKind_Consent(Consent(ConsentState_Revoked(), "all", "unsubscribe")), []


def conversation_started(raw):
    """The contact opened the conversation, without writing: no subscription. `context` is what the link carried."""
    if text(member(raw.value, "user", "id")) is None:
        return None
    source = text(raw.value.get("type")) or "conversation_started"
    return EventKind_Referral(new(Referral, source=source, ref=text(raw.value.get("context")))), []


def status(raw):
    """What became of a message: ours, or one of the contact's, which Viber calls delivered, too."""
    token = text(raw.value.get("message_token"))
    state = STATES[raw.value["event"]]()
    if token is None:
        return None
    failure = None
    if isinstance(state, DeliveryState_Failed):
        # By Viber's words alone nobody knows whether it can be repeated.
        failure = Failure(FailureReason_Other(), None, text(raw.value.get("desc")))
    return EventKind_Status(Status(token, state, failure, None)), []
