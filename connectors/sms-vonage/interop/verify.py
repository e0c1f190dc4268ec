"""Do Vonage's own libraries take a webhook for genuine?

Reads a JSON list of requests, writes a JSON list of true, false, or null, where the library has nothing to say.

`vonage-jwt` verifies that a token is signed. It compares neither the hash of the body, nor who issued the token, nor when: where the
token is signed and one of those is wrong, there is nothing to ask it. `vonage-http-client` has the signature of the SMS API; it knows
no `md5hash` and no age.
"""

import base64
import hashlib
import json
import sys
from urllib.parse import parse_qsl, urlsplit

import jwt.api_jwt
from vonage_http_client.auth import Auth
from vonage_jwt import verify_signature

# It compares the time of a token with today's date, which is not that of the requests.
jwt.api_jwt.PyJWT._validate_iat = lambda *arguments, **options: None


def claims_fit(request, token):
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return True  # It is for the library to say.
    settings = request["settings"]
    body = base64.b64decode(request["body_base64"])
    wanted = [
        claims.get("payload_hash") == hashlib.sha256(body).hexdigest(),
        claims.get("iss") == "Vonage",
        claims.get("api_key") in settings.get("api_key", []),
        claims.get("application_id") in settings.get("application_id", [claims.get("application_id")]),
        abs(request["now_ms"] / 1000 - claims.get("iat", 0)) <= 25 * 3600,
        "tolerance_hours" not in settings,
    ]
    return all(wanted)


def sms_signed(request, secrets, method):
    body = base64.b64decode(request["body_base64"]).decode()
    fields = parse_qsl(body or urlsplit(request["url"]).query, keep_blank_values=True)
    params = dict(fields)
    time = params.get("timestamp", "")
    fits = [
        method in ("md5", "sha1", "sha256", "sha512"),
        len(secrets) == 1 and len(params) == len(fields) > 0,
        time.isdigit() and abs(request["now_ms"] / 1000 - int(time)) <= 25 * 3600,
        params.get("api-key") in (None, *request["settings"].get("api_key", [])),
    ]
    if not all(fits):
        return None
    auth = Auth(signature_secret=secrets[0], signature_method=method, api_key="-", api_secret="-")
    return auth.check_signature(params)


def genuine(request):
    secrets = [secret for secret in request["settings"].get("signature_secret", []) if secret]
    header = next((value for name, value in request["headers"] if name.lower() == "authorization"), "")
    scheme, _, token = header.partition(" ")
    method = request["settings"].get("sms_signature", ["off"])[0]
    if method != "off" and not header:
        return sms_signed(request, secrets, method)
    if request["method"] != "POST" or scheme.lower() != "bearer" or not token or not secrets:
        return None
    if not request["settings"].get("api_key", [""])[0] or "sms_signature" in request["settings"]:
        return None
    try:
        signed = any(verify_signature(token, secret) for secret in secrets)
    except Exception:
        signed = False
    if signed and not claims_fit(request, token):
        return None
    try:
        json.loads(base64.b64decode(request["body_base64"]))
    except ValueError:
        return None  # It does not read bodies.
    return signed


json.dump([genuine(request) for request in json.load(sys.stdin)], sys.stdout)
