"""Why a webhook is not taken. Raise one out of `receive`; it becomes the answer.

`detail` is for the operator's log: never a secret, never an expected signature, nothing of the body.
"""

from .contract import (
    Refusal,
    RefusalReason_BadEncoding,
    RefusalReason_Malformed,
    RefusalReason_Method,
    RefusalReason_Misconfigured,
    RefusalReason_MissingSignature,
)


class Refused(Exception):
    """Not genuine, or not understandable: `Refused(RefusalReason_WrongAccount(), 403, "...")`."""

    def __init__(self, reason, status, detail):
        super().__init__(detail)
        self.refusal = Refusal(reason, status, detail)


def misconfigured(what):
    """With 503, so that the provider sends again once the operator has mended the configuration."""
    return Refused(RefusalReason_Misconfigured(), 503, what)


def missing(what):
    """With 401 where a signature is absent."""
    return Refused(RefusalReason_MissingSignature(), 401, f"{what} is missing")


def bad_encoding(encoding, size, found):
    """With 401 where a signature is none: `size` bytes were expected, `found` characters are there."""
    return Refused(RefusalReason_BadEncoding(), 401, f"signature is not {size} bytes in {encoding} ({found} characters)")


def malformed(what):
    """With 400: genuine perhaps, but not understandable as a whole."""
    return Refused(RefusalReason_Malformed(), 400, what)


def wrong_method(method):
    """With 405."""
    return Refused(RefusalReason_Method(), 405, f"method is `{method}`")
