"""What wechatpy, a library for WeChat that many use, says of each webhook: true, false, or null where it has nothing to say."""

import base64
import json
import sys
from urllib.parse import parse_qs, urlsplit

from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature


def plain(token, query):
    """The signature of the query alone."""
    try:
        check_signature(token, query("signature"), query("timestamp"), query("nonce"))
        return True
    except InvalidSignatureException:
        return False


def encrypted(token, key, app_id, query, body):
    """The signature over the encrypted message, and what is in it."""
    try:
        crypto = WeChatCrypto(token, key, app_id)
        text = body.decode("utf-8")
        message = json.loads(text) if text.lstrip().startswith("{") else text
        crypto.decrypt_message(message, query("msg_signature"), query("timestamp"), query("nonce"))
        return True
    except (InvalidSignatureException, InvalidAppIdException):
        return False
    except Exception:  # What is not encrypted, or with another key: the library fails somewhere inside.
        return False


def genuine(webhook):
    """Tried with each token and key, as a host does that rotates them."""
    query = parse_qs(urlsplit(webhook["url"]).query, keep_blank_values=True)
    first = lambda name: query.get(name, [""])[0]
    settings = webhook["settings"]
    tokens = [token for token in settings.get("token", []) if token]
    keys = [key for key in settings.get("encoding_aes_key", []) if key]
    app_id = settings.get("app_id", [""])[0]
    if not tokens or webhook["method"] not in ("GET", "POST"):
        return None
    if webhook["method"] == "GET":
        # An encrypted `echostr` is no part of this library's part for official accounts.
        return None if first("msg_signature") else any(plain(token, first) for token in tokens)
    if not any(plain(token, first) for token in tokens):
        return False
    if not keys:
        return True
    body = base64.b64decode(webhook["body_base64"])
    return any(encrypted(token, key, app_id, first, body) for token in tokens for key in keys)


json.dump([genuine(webhook) for webhook in json.load(sys.stdin)], sys.stdout)
