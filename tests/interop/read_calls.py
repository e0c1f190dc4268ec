"""Has providers' SDKs read what connectors send. Reads a list of calls on standard input, as case files have them;
writes for each what the SDK makes of it on standard output."""

import json
import logging
import sys
from urllib.parse import parse_qsl, urlsplit


def line(call):
    """The models of LINE's SDK: what they read and write again is what stood there."""
    from linebot.v3.messaging import models

    path = urlsplit(call["url"]).path
    model = {
        "/v2/bot/message/push": models.PushMessageRequest,
        "/v2/bot/message/reply": models.ReplyMessageRequest,
        "/v2/bot/chat/loading/start": models.ShowLoadingAnimationRequest,
        "/v2/bot/chat/markAsRead": models.MarkMessagesAsReadByTokenRequest,
    }[path]
    read = model.from_dict(call["body"]).to_dict()
    # A default that the SDK writes out.
    if "notificationDisabled" not in call["body"] and read.get("notificationDisabled") is False:
        del read["notificationDisabled"]
    return {"read": read}


# The SDK's own word for a field of the form.
TWILIO = {
    "To": "to",
    "From": "from_",
    "MessagingServiceSid": "messaging_service_sid",
    "Body": "body",
    "MediaUrl": "media_url",
    "ContentSid": "content_sid",
    "ContentVariables": "content_variables",
    "PersistentAction": "persistent_action",
    "StatusCallback": "status_callback",
    "ValidityPeriod": "validity_period",
    "SmartEncoded": "smart_encoded",
    "ShortenUrls": "shorten_urls",
    "SendAt": "send_at",
    "ScheduleType": "schedule_type",
    "MaxPrice": "max_price",
    "ProvideFeedback": "provide_feedback",
    "Attempt": "attempt",
    "ForceDelivery": "force_delivery",
    "ContentRetention": "content_retention",
    "AddressRetention": "address_retention",
    "RiskCheck": "risk_check",
    "SendAsMms": "send_as_mms",
}
MANY = {"MediaUrl", "PersistentAction"}


def twilio(call):
    """Twilio's SDK is asked for the same message: it makes the same request."""
    from twilio.base.exceptions import TwilioException
    from twilio.http import HttpClient
    from twilio.http.response import Response
    from twilio.rest import Client

    class Recorder(HttpClient):
        def __init__(self):
            super().__init__(logging.getLogger(__name__), False)

        def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False):
            self.seen = {"method": method, "url": url, "data": data, "auth": auth}
            return Response(201, "{}")

    fields = [field.split("=", 1) for field in call["body"]]
    unknown = sorted({name for name, _ in fields} - set(TWILIO))
    if unknown:
        return {"unknown": unknown}
    arguments = {}
    for name, value in fields:
        if name in MANY:
            arguments.setdefault(TWILIO[name], []).append(value)
        else:
            arguments[TWILIO[name]] = value
    account = urlsplit(call["url"]).path.split("/")[3]
    recorder = Recorder()
    client = Client(account, "fake-password", http_client=recorder)
    try:
        client.messages.create(**arguments)
    except (TwilioException, TypeError, ValueError, KeyError):
        pass  # The recorded answer is no message: only the request is of interest.
    made = []
    for name, value in (recorder.seen["data"] or {}).items():
        made += [[name, str(one)] for one in (value if isinstance(value, list) else [value])]
    return {
        "method": recorder.seen["method"],
        "url": recorder.seen["url"],
        "form": sorted(made),
        "user": recorder.seen["auth"][0],
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    read = {"line": line, "twilio": twilio}[asked["what"]]
    answers = []
    for call in asked["calls"]:
        try:
            answers.append(read(call))
        except Exception as error:  # What the SDK does not take is the finding.
            answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)
