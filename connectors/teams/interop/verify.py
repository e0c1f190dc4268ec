"""Tokens of the case files, verified by PyJWT.

PyJWT knows tokens, not the Bot Framework: signature, algorithm, issuer, audience and times are its own; which service and which channel
the token stands for are claims and members of the key that the Bot Framework defines, compared here. What is not told by the token (the
method, a broken body, keys that are not to be had) is null.
"""

import base64
import json
import pathlib
import sys

import jwt

CLOUDS = {
    "public": "https://api.botframework.com",
    "usgov": "https://api.botframework.us",
}


def keys(name):
    """The sets of keys that a case file has fetched, the newest last."""
    case = pathlib.Path(__file__).parent.parent / "testdata" / "inbound" / name
    if case.suffix != ".case":
        case = case.with_name(case.name + ".case")
    sets = []
    for exchange in case.read_text().split("\n--- expect\n")[0].split("\n--- exchange\n")[1:]:
        request, answer = exchange.split("\n\n", 1)
        head, _, body = answer.partition("\n\n")
        if "/keys" in request and head.startswith("200"):
            try:
                sets.append([key for key in json.loads(body)["keys"] if isinstance(key, dict)])
            except (TypeError, ValueError):
                pass
    return sets


def verify(item):
    """True, false, or None where the token does not decide."""
    headers = {}
    for header, value in item["headers"]:
        headers.setdefault(header.lower(), value)
    settings = item["settings"]
    app_id = next(iter(settings.get("app_id", [])), "")
    issuer = CLOUDS.get(next(iter(settings.get("cloud", [])), "public"))
    if item["method"] != "POST" or not app_id or not issuer:
        return None
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        return False
    sets = keys(item["name"])
    if not sets:
        return None
    found = [key for every in sets for key in every if key.get("kid") == key_id]
    if not found:
        # Not among the keys that are kept: the newer ones decide.
        return False if len(sets) > 1 else None
    leeway = 300
    try:
        body = json.loads(base64.b64decode(item["body_base64"]))
        claims = jwt.decode(
            token,
            jwt.PyJWK(found[0]).key,
            algorithms=["RS256"],
            issuer=issuer,
            audience=app_id,
            # The clock is the case's: the times are looked at below.
            options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, TypeError):
        return False
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    now = item["now_ms"] / 1000
    if now > claims["exp"] + leeway or now < claims.get("nbf", 0) - leeway:
        return False
    service = body.get("serviceUrl")
    endorsed = body.get("channelId") in found[0].get("endorsements", [])
    return bool(service) and claims.get("serviceurl") == service and endorsed


if __name__ == "__main__":
    json.dump([verify(item) for item in json.load(sys.stdin)], sys.stdout)
