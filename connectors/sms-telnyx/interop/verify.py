"""Does Telnyx's own library take a webhook for genuine?

Reads a JSON list of requests, writes a JSON list of true, false, or null, where the library has nothing to say.
"""

import base64
import json
import sys

from telnyx.lib import webhook_verification


def genuine(request):
    key = (request["settings"].get("public_key") or [""])[0]
    if request["method"] != "POST" or not key:
        return None
    if len(request["settings"]["public_key"]) > 1 or "tolerance_minutes" in request["settings"]:
        return None  # The library knows one key, and one tolerance.
    body = base64.b64decode(request["body_base64"])
    try:
        json.loads(body)
    except ValueError:
        return None  # It does not read bodies.
    headers = {}
    for name, value in request["headers"]:
        headers.setdefault(name.lower(), value)
    now = request["now_ms"] // 1000
    stamp = headers.get("telnyx-timestamp", "")
    if stamp.isdigit() and abs(now - int(stamp)) > webhook_verification.TIMESTAMP_TOLERANCE_SECONDS:
        return None  # It allows five minutes, whatever the settings say.
    webhook_verification.time.time = lambda: now
    try:
        webhook_verification.verify_webhook_signature(body, headers, key)
    except webhook_verification.WebhookVerificationError:
        return False
    return True


json.dump([genuine(request) for request in json.load(sys.stdin)], sys.stdout)
