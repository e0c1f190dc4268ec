"""What Anymail, a library that takes Postmark's webhooks, makes of the case files: basic authentication, compared in its own way."""

import base64
import json
import sys

import django
from django.conf import settings

settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="invented", USE_TZ=True)
django.setup()

from anymail.exceptions import AnymailWebhookValidationFailure  # noqa: E402
from anymail.webhooks.postmark import PostmarkTrackingWebhookView  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402


def genuine(case):
    secrets = [value for value in case["settings"].get("credentials", []) if value]
    # Anymail runs without a secret, and takes an empty password for one.
    if not secrets or any(not secret.partition(":")[2] for secret in secrets):
        return None
    headers = {name.lower(): value for name, value in case["headers"]}
    meta = {"HTTP_AUTHORIZATION": headers["authorization"]} if "authorization" in headers else {}
    request = RequestFactory().generic(
        case["method"], case["url"], base64.b64decode(case["body_base64"]), "application/json", **meta
    )
    with override_settings(ANYMAIL={"WEBHOOK_SECRET": secrets}):
        view = PostmarkTrackingWebhookView()
        try:
            view.validate_request(request)
        except AnymailWebhookValidationFailure:
            return False
    return True


json.dump([genuine(case) for case in json.load(sys.stdin)], sys.stdout)
