"""Sessions of the case files, verified by PyJWT.

Signature, algorithm, audience, issuer and end of a token are the library's; that the page is one of the site's is compared here. What
the token does not tell (the method, settings that are none, bodies that are too large) is null.
"""

import base64
import json
import sys

import jwt

ISSUER = "trunkline-webchat"


def claims(token, secrets, account, now):
    """What a session says, or None where it is none, by any of the secrets."""
    for secret in secrets:
        try:
            found = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                issuer=ISSUER,
                audience=account,
                # The clock is the case's.
                options={"require": ["exp", "iss", "aud", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            continue
        if now <= found["exp"]:
            return found
    return None


def verify(item):
    """True, false, or None where the token does not decide."""
    settings = {name: [value for value in values if value] for name, values in item["settings"].items()}
    headers = {}
    for name, value in item["headers"]:
        headers.setdefault(name.lower(), value)
    secrets = settings.get("session_secret", [])
    if item["method"] != "POST" or not secrets or "origins" not in settings:
        return None
    if headers.get("origin") not in settings["origins"]:
        return False
    try:
        body = json.loads(base64.b64decode(item["body_base64"]))
        token, action = body["token"], body.get("type")
    except (KeyError, TypeError, ValueError):
        return False
    account = next(iter(settings.get("account", [])), "webchat")
    session = claims(token, secrets, account, item["now_ms"] / 1000)
    if session is None:
        return False
    if action == "identify" and "previous" in body:
        return claims(body["previous"], secrets, account, item["now_ms"] / 1000) is not None
    return True


if __name__ == "__main__":
    json.dump([verify(item) for item in json.load(sys.stdin)], sys.stdout)
