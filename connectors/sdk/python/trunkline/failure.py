"""Why something could not be sent or fetched: what the sender has to do about it."""

from datetime import timezone
from email.utils import parsedate_to_datetime

from .contract import (
    Failure,
    FailureReason_Invalid,
    FailureReason_Other,
    FailureReason_RateLimited,
    FailureReason_Transient,
    FailureReason_Unauthorized,
    FailureReason_Unreachable,
    FailureReason_WindowClosed,
)
from .request import header

_UNIT_MAX = 2**64 - 1


class Failed(Exception):
    """It cannot be done. Raise it out of `send` or `locate`; it becomes the step."""

    def __init__(self, failure, receipts=()):
        super().__init__(failure.message)
        self.failure = failure
        self.receipts = list(receipts)


def refuse(code, what):
    """Refuses before any call: the message is not to be repeated as it is. `code` is one of those in
    `wit/outbound.wit`: `unsupported`, `too_long`, `too_many`, `missing`."""
    return Failed(Failure(FailureReason_Invalid(), code, what))


def unsupported(part, what):
    """Refuses a part that this channel does not have."""
    return refuse("unsupported", f"part {part}: this channel has no {what}")


def window_closed(what):
    """Refuses outside of the time in which a contact may be written to freely."""
    return Failed(Failure(FailureReason_WindowClosed(), None, what))


def wrong_setting(what):
    """Refuses because of a setting: the operator has to mend it."""
    return Failed(Failure(FailureReason_Unauthorized(), None, what))


def unconfirmed(failure):
    """The same failure where the provider may have the message all the same, and has no key that would keep a second
    try from being a second message: the host holds it, or tries again as the operator has set."""
    words = ": ".join(word for word in (failure.code, failure.message) if word)
    return Failure(FailureReason_Other(), "unconfirmed", f"it may have arrived ({words})")


def reason(response, now):
    """What a status means where the provider says nothing better. Not for 2xx.

    404 and 410 are taken for the contact or the content, not for a wrong URL. What is not known is `other`, which is
    not repeated.
    """
    status = response.status
    if status in (400, 405, 406, 422) or 411 <= status <= 416:
        return FailureReason_Invalid()
    if status in (401, 402, 403, 407):
        return FailureReason_Unauthorized()
    if status in (404, 410):
        return FailureReason_Unreachable()
    if status == 429:
        return FailureReason_RateLimited(retry_after(response, now))
    if status in (408, 421, 423, 425) or 500 <= status <= 599:
        return FailureReason_Transient()
    return FailureReason_Other()


def retry_after(response, now):
    """Milliseconds of `Retry-After`: seconds, or a date reckoned from `now`. None where there is none."""
    value = (header(response, "retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return min(int(value[:20]) * 1_000, _UNIT_MAX)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0, int(date.timestamp()) * 1_000 - now)


# What these load when they are first called has to be there when the component is made.
parsedate_to_datetime("Mon, 21 Sep 2026 14:13:20 GMT").timestamp()
