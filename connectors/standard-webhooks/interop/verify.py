"""What the reference library of the specification says of each request: genuine, forged, or nothing (connectors/README.md)."""

import base64
import json
import sys
from datetime import datetime, timezone

from standardwebhooks import webhooks


class Clock(datetime):
    """The library looks at the clock by itself."""

    at = None

    @classmethod
    def now(cls, tz=None):
        return cls.at


webhooks.datetime = Clock


def keys(settings):
    yield from (text for text in settings.get("secret", []) if text)
    # The library takes bytes as they are.
    yield from (text.encode() for text in settings.get("text_secret", []) if text)


def headers(request):
    """One set of the three, under the names that the library knows: the other names are older."""
    found = {}
    for name, value in request["headers"]:
        found.setdefault(name.lower(), value)
    prefix = "webhook" if any(name.startswith("webhook-") for name in found) else "svix"
    names = ["id", "timestamp", "signature"]
    return {f"webhook-{name}": found[f"{prefix}-{name}"] for name in names if f"{prefix}-{name}" in found}


def fits(key, body, given):
    try:
        webhooks.Webhook(key).verify(body, given, json_parse=False)
        return True
    except (webhooks.WebhookVerificationError, ValueError):
        # A ValueError is a header that is not written as the library expects it.
        return False


def judge(request):
    settings = request["settings"]
    secrets = list(keys(settings))
    # It knows HMAC only.
    if request["method"] != "POST" or not secrets or any(settings.get("public_key", [])):
        return None
    given = headers(request)
    # It reads a number with a sign, too.
    if given.get("webhook-timestamp", "").startswith("+"):
        return None
    Clock.at = Clock.fromtimestamp(request["now_ms"] / 1000, tz=timezone.utc)
    body = base64.b64decode(request["body_base64"])
    return any(fits(key, body, given) for key in secrets)


json.dump([judge(request) for request in json.load(sys.stdin)], sys.stdout)
