"""Headers, query and settings; and what a webhook is answered with."""

from urllib.parse import parse_qsl, quote

from .contract import Answer, Response
from .refusal import malformed, misconfigured, wrong_method

# Fields of a query or form that are read.
FIELDS_MAX = 2_000


def header(message, name):
    """The value of the first header of that name, whatever its case, or None. Of requests and responses."""
    name = name.lower()
    return next((value for key, value in message.headers if key.lower() == name), None)


def require_method(request, *methods):
    """Refuses with 405 unless the request has one of these methods."""
    if request.method not in methods:
        raise wrong_method(request.method)


def query(request):
    """Names and values of the URL's query, decoded, in order."""
    return fields(request.url.partition("?")[2])


def fields(text):
    """Names and values of a form or query, decoded, in order, empty ones included."""
    if text.count("&") >= FIELDS_MAX:
        raise malformed(f"more than {FIELDS_MAX} fields")
    return parse_qsl(text, keep_blank_values=True)


def first(pairs, name):
    """The first value under that name, or None: of a query, a form, attributes."""
    return next((value for key, value in pairs if key == name), None)


def path_segment(text):
    """One segment of a URL's path, percent-encoded. None where it would lead elsewhere: empty, `.` or `..`."""
    return None if text in ("", ".", "..") else quote(text, safe="")


def setting(context, name, default=None):
    """The first value of a setting, where it is there and not empty."""
    return next(iter(setting_values(context, name)), default)


def setting_values(context, name):
    """Every value of a setting, the newest first, empty ones left out."""
    return [value for key, value in context.settings if key == name and value]


def secrets(context, name):
    """The values of a secret that webhooks are verified with. Refuses with 503 where there is none."""
    values = setting_values(context, name)
    if not values:
        raise misconfigured(f"`{name}` is empty")
    return values


def answer(events, status=200, body=b"", content_type=None):
    """A genuine webhook: its events, and what the provider expects for an answer."""
    headers = [("content-type", content_type)] if content_type else []
    return Answer(Response(status, headers, body), events)
