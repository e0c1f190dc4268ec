"""Signatures over bytes: decoded strictly, compared in constant time, tried with every secret in rotation.

None of these functions puts a secret, an expected digest or a part of the body into its refusal.
"""

import base64 as _base64
import binascii
import hashlib
import hmac

from .contract import RefusalReason_Mismatch, RefusalReason_Stale
from .refusal import Refused, bad_encoding, misconfigured, missing

# How many secrets of one setting are tried.
SECRETS_MAX = 8
_HEX = frozenset("0123456789abcdefABCDEF")


def digest(algorithm, key, *pieces):
    """The HMAC of a message given in pieces. `algorithm`: `sha1`, `sha256`, `sha512`; the key as text or bytes."""
    mac = hmac.new(_bytes(key), digestmod=algorithm)
    for piece in pieces:
        mac.update(_bytes(piece))
    return mac.digest()


def verify(algorithm, secrets, given, *pieces):
    """Verifies a digest over a message given in pieces, with each of the secrets.

    Refuses with 401 and `mismatch` where none fits, with 503 and `misconfigured` where there is no secret: an empty
    setting must not look like a forgery, and never like a genuine webhook.
    """
    tried = secrets[:SECRETS_MAX]
    if not tried:
        raise misconfigured("no secret is configured")
    for secret in tried:
        if equal(digest(algorithm, secret, *pieces), given):
            return
    raise Refused(RefusalReason_Mismatch(), 401, f"signature fits none of {len(tried)} secrets")


def equal(left, right):
    """Whether two texts or byte strings are equal, in a time that depends on their lengths only."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def equals_any(secrets, given):
    """Whether one of the secrets equals a text that the provider sent (verify tokens, header tokens)."""
    found = False
    for secret in secrets[:SECRETS_MAX]:
        found |= equal(secret, given)
    return found


def hex_digest(text, size):
    """Decodes a header of exactly `size` bytes in hex, either case. Refuses with 401."""
    if not text:
        raise missing("signature")
    if len(text) != 2 * size or not _HEX.issuperset(text):
        raise bad_encoding("hex", size, len(text))
    return bytes.fromhex(text)


def base64_digest(text, size):
    """Decodes a header of exactly `size` bytes in standard, padded Base64. Refuses with 401."""
    if not text:
        raise missing("signature")
    decoded = base64_decode(text)
    if decoded is None or len(decoded) != size:
        raise bad_encoding("Base64", size, len(text))
    return decoded


def base64(data):
    """Standard, padded Base64."""
    return _base64.b64encode(data).decode()


def base64_decode(text):
    """Decodes standard, padded Base64. None where it is none, or another text for the same bytes."""
    try:
        decoded = _base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64(decoded) == text else None


def sha256(*pieces):
    """The SHA-256 of a message given in pieces."""
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(_bytes(piece))
    return whole.digest()


def content_id(prefix, *pieces):
    """An id for an event whose provider gives none: `<prefix>:` and 22 characters that depend on the content alone.

    The pieces are hashed with their lengths, so that different splits give different ids.
    """
    whole = hashlib.sha256()
    for piece in pieces:
        piece = _bytes(piece)
        whole.update(len(piece).to_bytes(8, "big"))
        whole.update(piece)
    return f"{prefix}:{_base64.urlsafe_b64encode(whole.digest()[:16]).decode().rstrip('=')}"


def within(signed_at, now, tolerance_ms):
    """Refuses with 401 and `stale` where a signed time is farther from now than the tolerance, in either direction.

    All in milliseconds.
    """
    distance = abs(signed_at - now)
    if distance > tolerance_ms:
        detail = f"signed {distance // 1000} s from now, allowed are {tolerance_ms // 1000} s"
        raise Refused(RefusalReason_Stale(), 401, detail)


def _bytes(text):
    return text.encode() if isinstance(text, str) else text


# What these load when they are first called has to be there when the component is made.
for _algorithm in ("sha1", "sha256", "sha512"):
    digest(_algorithm, b"")
