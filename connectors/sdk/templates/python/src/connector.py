"""{{title}}: a starting point.

It receives `{"messages":[{"id":"m-1","account":"shop-1","from":"visitor-1","text":"hello", ...}]}`, signed in a header. Change
the names to those of your provider, and add what else it sends.

A connector is a pure function: all that it may know is an argument, all that it wants is in its answer. There is no network, no
clock (`context.now` is one) and no memory between calls. The contract is in `trunkline/wit/`; `trunkline/README.md` says how its
types look here. Import at the top of the file: when the component runs, there is nothing left to import from.
"""

from trunkline import payload, signature
from trunkline.contract import (
    Contact,
    Event,
    EventKind_Message,
    EventKind_Other,
    Identifier,
    IdentifierScheme_Id,
    Message,
    Opaque,
    Part_Text,
    Request,
    new,
)
from trunkline.payload import text
from trunkline.refusal import malformed
from trunkline.request import answer, header, require_method, secrets, setting

SIGNATURE = "x-{{id}}-signature"


class Inbound:
    """The classes of this file are what the component can do. Others: `Outbound`, `Media`, `Profiles`."""

    def receive(self, request, context):
        """Called for every request to the connection's path. What is raised here is a refusal."""
        require_method(request, "POST")
        # First verify, over the raw bytes; then parse. An empty secret is our fault (503), never "unsigned is fine".
        keys = secrets(context, "webhook_secret")
        given = signature.hex_digest(header(request, SIGNATURE), 32)
        signature.verify("sha256", keys, given, request.body)

        items = payload.items(payload.parse_object(request.body), "messages")
        if items is None:
            raise malformed("no list `messages`")
        # The provider gets this answer after the host has the events on disk.
        return answer([read(item) for item in items])


def read(item):
    """The event of an item. `item.text` is the item as it was sent: what cannot be read is kept, and leaves its neighbours alone."""
    identifier, account, sender = (text(payload.member(item.value, name)) for name in ("id", "account", "from"))
    if not (identifier and account and sender):
        unreadable = EventKind_Other(Opaque("message", item.text))
        return new(Event, id=signature.content_id("message", item.text), account=account or "", kind=unreadable)
    content = text(item.value.get("text"))
    if content is None:
        # Of a kind that is not known here yet: kept, and counted under its name.
        kind = EventKind_Other(Opaque(text(item.value.get("type")) or "message", item.text))
    else:
        kind = EventKind_Message(new(Message, id=identifier, parts=[Part_Text(content)]))
    return new(
        Event,
        # By this the host knows a webhook that comes again: the provider's own id, the same at every delivery.
        id=identifier,
        account=account,
        occurred_at=payload.milliseconds(item.value.get("at")),
        contact=new(Contact, identifiers=[Identifier(IdentifierScheme_Id(), sender)], name=text(item.value.get("name"))),
        kind=kind,
    )


class Simulator:
    """The inverse, for `trunkline simulate {{id}} --text hello`."""

    def simulate(self, event, url, context):
        """The provider's own signed webhook for an event. None for events that the provider has no webhook for."""
        key = setting(context, "webhook_secret")
        match event.kind:
            case EventKind_Message(value=Message(id=identifier, parts=[Part_Text(value=content)])) if key and event.contact:
                sender, name = event.contact.identifiers[0].value, event.contact.name
            case _:
                return None
        at = (event.occurred_at or context.now) // 1000
        item = {"id": identifier, "account": event.account, "from": sender, "name": name, "at": at, "text": content}
        body = payload.dump({"messages": [item]}).encode()
        headers = [("content-type", "application/json"), (SIGNATURE, signature.digest("sha256", key, body).hex())]
        return Request("POST", url, headers, body)
