"""What SendGrid's own library makes of the case files: its helper for the Event Webhook, over time stamp and body."""

import base64
import json
import sys

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader


def genuine(case):
    keys = [value for value in case["settings"].get("public_key", []) if value]
    headers = {}
    for name, value in case["headers"]:
        headers.setdefault(name.lower(), value)
    signature = headers.get(EventWebhookHeader.SIGNATURE.lower())
    timestamp = headers.get(EventWebhookHeader.TIMESTAMP.lower())
    if not keys or case["method"] != "POST":
        return None
    if not signature or not timestamp:
        return False
    # The library joins texts: a body that is none it cannot judge.
    try:
        body = base64.b64decode(case["body_base64"]).decode("utf-8")
    except UnicodeDecodeError:
        return None
    library = EventWebhook()
    for key in keys:
        try:
            if library.verify_signature(body, signature, timestamp, library.convert_public_key_to_ecdsa(key)):
                return True
        except Exception:  # What is no signature, or no key, makes the library raise whatever comes.
            continue
    return False


json.dump([genuine(case) for case in json.load(sys.stdin)], sys.stdout)
