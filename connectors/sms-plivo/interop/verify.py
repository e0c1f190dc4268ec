"""Whether Plivo's own library takes webhooks for genuine.

Reads a JSON list of requests on standard input and writes a JSON list of `true`, `false` or `null` (the library has nothing to
say). connectors/README.md describes both.
"""

import base64
import json
import sys
from urllib.parse import parse_qs

from plivo.utils import validate_signature, validate_v3_signature

VERSIONS = {
    "v3": ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"],
    "v2": ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"],
}


def v3(request, signature, nonce, token):
    fields = {}
    if request["method"] == "POST":
        body = base64.b64decode(request["body_base64"]).decode("utf-8", "replace")
        fields = parse_qs(body, keep_blank_values=True)
    method, url = str(request["method"]), str(request["url"])
    return validate_v3_signature(method, url, nonce, token, signature, fields)


def v2(request, signature, nonce, token):
    return validate_signature(request["url"], nonce, signature, token)


def verdict(request):
    if request["method"] not in ("GET", "POST"):
        return None
    headers = {}
    for name, value in request["headers"]:
        headers.setdefault(name.lower(), value)
    strict = request["settings"].get("require_v3") == ["true"]
    for version, check in (("v3", v3), ("v2", v2)):
        given = [headers[name] for name in VERSIONS[version] if headers.get(name)]
        if not given:
            continue
        if strict and version == "v2":
            break
        nonce = headers.get(f"x-plivo-signature-{version}-nonce", "")
        tokens = [token for token in request["settings"].get("auth_token", []) if token]
        return any(check(request, one, nonce, token) for one in given for token in tokens)
    return False


json.dump([verdict(request) for request in json.load(sys.stdin)], sys.stdout)
