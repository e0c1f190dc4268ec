"""Says of webhooks whether the verifier of Slack's own SDK takes them for genuine.

Reads a JSON list of webhooks on standard input and writes a JSON list of true, false and null (the SDK has nothing to say), in the
same order.
"""

import base64
import json
import sys

from slack_sdk.signature import Clock, SignatureVerifier


class FixedClock(Clock):
    def __init__(self, seconds):
        self.seconds = seconds

    def now(self):
        return self.seconds


def verdict(webhook):
    secrets = [secret for secret in webhook["settings"].get("signing_secret", []) if secret]
    # The SDK knows neither methods nor connections without a secret.
    if webhook["method"] != "POST" or not secrets:
        return None
    # Of a name that occurs twice the first counts.
    headers = {}
    for name, value in webhook["headers"]:
        headers.setdefault(name.lower(), value)
    body = base64.b64decode(webhook["body_base64"])
    # A probe of the certificate, which is harmless: see README.md.
    if "x-slack-signature" not in headers and body.startswith(b"ssl_check=1") and b"command=" not in body:
        return None
    timestamp = headers.get("x-slack-request-timestamp")
    # The SDK raises an error where the time is no number, and takes a sign in front of it.
    if timestamp is not None and not (timestamp.isascii() and timestamp.isdigit()):
        return None
    clock = FixedClock(webhook["now_ms"] / 1000)
    return any(SignatureVerifier(secret, clock).is_valid_request(body, headers) for secret in secrets)


print(json.dumps([verdict(webhook) for webhook in json.load(sys.stdin)]))
