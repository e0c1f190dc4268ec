"""Does pywa, which verifies webhooks of Meta's Graph API, take these requests for genuine?

Signature and header are the same for all products of Meta, so that its check for WhatsApp holds for Instagram.
"""

import base64
import json
import sys

from pywa.utils import webhook_updates_validator

HEADER = "x-hub-signature-256"
PREFIX = "sha256="


def genuine(request):
    """True, false, or none: handshakes and webhooks without any secret are not what the library is about."""
    secrets = [secret for secret in request["settings"].get("app_secret", []) if secret]
    if request["method"] != "POST" or not secrets:
        return None
    given = next((value for name, value in request["headers"] if name.lower() == HEADER), "")
    if not given.startswith(PREFIX):
        return False
    body = base64.b64decode(request["body_base64"])
    # The library compares texts: the same number in capitals is another text to it.
    digest = given[len(PREFIX):].lower()
    return any(
        webhook_updates_validator(app_secret=secret, request_body=body, x_hub_signature=PREFIX + digest)
        for secret in secrets
    )


json.dump([genuine(request) for request in json.load(sys.stdin)], sys.stdout)
