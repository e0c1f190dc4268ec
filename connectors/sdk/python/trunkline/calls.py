"""Calls that the host makes for a connector: written as if they were made here, one after the other.

    calls = Calls(context)
    response = calls.make(get("https://api.example.com/users/7", bearer("token")))

Not made yet: the first time `make` raises the wish, which becomes the step; called again with the answer, it goes on.
"""

from .contract import Call, Credential_Basic, Credential_Bearer, Credential_Header, Request


class Wanted(Exception):
    """A call that is not made yet."""

    def __init__(self, call):
        super().__init__("the host should make this call first")
        self.call = call


class Calls:
    """The calls of one function, in order. The answers that the host has already are handed out again."""

    def __init__(self, context):
        self._made = iter(context.exchanges)

    def make(self, call):
        """The response to this call; where it is not made yet, the wish for it is raised."""
        exchange = next(self._made, None)
        if exchange is None:
            raise Wanted(call)
        return exchange.response


def get(url, *credentials, headers=()):
    """A `GET`: repeatable."""
    return Call(Request("GET", url, list(headers), b""), list(credentials), False, True)


def post(url, content_type, body, *credentials, headers=(), repeatable=False):
    """A `POST` of a body, text or bytes, of that media type."""
    body = body.encode() if isinstance(body, str) else body
    headers = [("content-type", content_type), *headers]
    return Call(Request("POST", url, headers, body), list(credentials), False, repeatable)


def bearer(setting):
    """Authorized by that setting: `Authorization: Bearer`."""
    return Credential_Bearer(setting)


def basic(user, setting):
    """Authorized by that user and setting: `Authorization: Basic`."""
    return Credential_Basic((user, setting))


def secret_header(name, setting):
    """Authorized by a header with the value of that setting."""
    return Credential_Header((name, setting))
