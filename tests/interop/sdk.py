"""Asks libraries that are not ours. Reads one JSON object on standard input, writes one on standard output."""

import json
import sys


def verify_delivery(given):
    """Standard Webhooks' own library verifies a delivery, CloudEvents' SDK parses it."""
    from cloudevents.http import from_http
    from standardwebhooks.webhooks import Webhook

    Webhook(given["secret"]).verify(given["body"], given["headers"])
    event = from_http(given["headers"], given["body"])
    return {"id": event["id"], "type": event["type"], "source": event["source"], "data": event.get_data()}


def hand_in(given):
    """Python writes what an edge hands in, and compresses it where it is asked to; Standard Webhooks' own library signs."""
    import base64
    import datetime
    import gzip

    from standardwebhooks.webhooks import Webhook, hmac_data

    webhook = Webhook(given["secret"])
    text = json.dumps(given["ingest"], ensure_ascii=False, indent=1)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    seconds = str(int(now.timestamp()))
    signature, body = webhook.sign(given["id"], now, text), text.encode()
    if given["gzip"]:
        # It signs text alone, so that bytes go to the function below it.
        body = gzip.compress(body)
        signed = hmac_data(webhook._whsecret, f"{given['id']}.{seconds}.".encode() + body)
        signature = "v1," + base64.b64encode(signed).decode()
    return {"body": base64.b64encode(body).decode(), "timestamp": seconds, "signature": signature}


def sign_line(given):
    """LINE's own SDK signs as it verifies: the HMAC of its SignatureValidator."""
    import base64
    import hashlib
    import hmac

    from linebot.v3.webhook import SignatureValidator

    digest = hmac.new(given["secret"].encode(), given["body"].encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert SignatureValidator(given["secret"]).validate(given["body"], signature)
    return {"signature": signature}


def sign_twilio(given):
    """Twilio's own SDK computes the signature of a form."""
    from twilio.request_validator import RequestValidator

    return {"signature": RequestValidator(given["secret"]).compute_signature(given["url"], given["fields"])}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    answers = {
        "verify_delivery": verify_delivery,
        "hand_in": hand_in,
        "sign_line": sign_line,
        "sign_twilio": sign_twilio,
    }
    json.dump(answers[asked["what"]](asked), sys.stdout)
