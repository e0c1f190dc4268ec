"""What Twilio's own SDK says of requests. Reads a JSON list on standard input, writes one on standard output."""

import base64
import json
import sys
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator


def verdict(request):
    """None where there is no token: the SDK has nothing to verify with."""
    tokens = [token for token in request["settings"].get("auth_token", []) if token]
    if not tokens:
        return None
    headers = {name.lower(): value for name, value in request["headers"]}
    body = base64.b64decode(request["body_base64"]).decode()
    given = body
    if request["method"] == "GET":
        given = {}
    elif headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        given = {}
        for name, value in parse_qsl(body, keep_blank_values=True):
            given.setdefault(name, []).append(value)
        given = {name: values if len(values) > 1 else values[0] for name, values in given.items()}
    signature = headers.get("x-twilio-signature", "")
    return any(RequestValidator(token).validate(request["url"], given, signature) for token in tokens)


json.dump([verdict(request) for request in json.load(sys.stdin)], sys.stdout)
