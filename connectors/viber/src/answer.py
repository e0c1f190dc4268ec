"""What Viber answers: always 200 where it understands the call, with a status of its own."""

from trunkline import failure, payload
from trunkline.contract import (
    Failure,
    FailureReason_Invalid,
    FailureReason_RateLimited,
    FailureReason_Transient,
    FailureReason_Unauthorized,
    FailureReason_Unreachable,
    FailureReason_WindowClosed,
)
from trunkline.failure import Failed, unconfirmed

RATE_CONTROL = 12
REASONS = {
    # Webhook URL, token, account blocked, no bot, suspended, no webhook set, not authorised, no balance.
    **dict.fromkeys((1, 2, 7, 8, 9, 10, 15, 24), FailureReason_Unauthorized),
    # Malformed, missing data; the contact's app is too old for it; features that this bot may not use.
    **dict.fromkeys((3, 4, 11, 13, 14, 16, 17, 18, 19, 20, 22), FailureReason_Invalid),
    # Not registered, not subscribed, country not supported.
    **dict.fromkeys((5, 6, 21), FailureReason_Unreachable),
    # What may be sent without a message of the contact is used up.
    23: FailureReason_WindowClosed,
}


def receipts(prepared, response, now):
    """The receipt of a message that Viber has. Raises `Failed` where it has not, or does not say."""
    answer = content(response)
    words = payload.text(payload.member(answer, "status_message"))
    if not 200 <= response.status < 300:
        raise Failed(Failure(failure.reason(response, now), str(response.status), words))
    status = payload.whole(payload.member(answer, "status"))
    if status is None:
        said = Failure(FailureReason_Transient(), str(response.status), "the answer has no status")
        raise Failed(unconfirmed(said))
    if status:
        raise Failed(Failure(reason(status, response, now), str(status), words))
    token = payload.text(payload.member(answer, "message_token"))
    return [prepared.receipt(token)] if token else []


def reason(status, response, now):
    """What one of Viber's statuses means. One that is not known is a general error."""
    if status == RATE_CONTROL:
        return FailureReason_RateLimited(failure.retry_after(response, now))
    return REASONS.get(status, FailureReason_Transient)()


def content(response):
    """The JSON of an answer, or None."""
    try:
        return payload.parse(response.body.decode())
    except ValueError:
        return None
