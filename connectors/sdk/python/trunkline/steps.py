"""From what the classes of an author return or raise to the steps of the contract.

`build.py` puts these between the component and the author's classes; tests may call them likewise. They also keep ids
within the bounds of the contract, whatever a provider or a sender put there.
"""

# By its name: the types of an ability that this connector does not have are not there.
from . import contract
from .calls import Wanted
from .failure import Failed
from .refusal import Refused
from .signature import content_id

EVENT_ID_BYTES_MAX = 512
MESSAGE_ID_BYTES_MAX = 1_024


def receive(inbound, request, context):
    """`receive` of the author returns an `Answer`, and raises `Refused` or the wish for a call."""
    try:
        answer = _of_type(contract.Answer, inbound.receive(request, context), "Inbound.receive")
    except Refused as refused:
        return contract.ReceiveStep_Refuse(refused.refusal)
    except Wanted as wanted:
        return contract.ReceiveStep_Call(wanted.call)
    for event in answer.events:
        if not event.id:
            event.id = content_id("event", repr(event))
        elif len(event.id.encode()) > EVENT_ID_BYTES_MAX:
            event.id = content_id("long", event.id)
    return contract.ReceiveStep_Answer(answer)


def send(outbound, message, context):
    """`send` of the author returns a list of receipts, and raises `Failed` or the wish for a call."""
    try:
        receipts = _of_type(list, outbound.send(message, context), "Outbound.send")
        return contract.SendStep_Sent(_bounded(receipts))
    except Wanted as wanted:
        return contract.SendStep_Call(wanted.call)
    except Failed as failed:
        return contract.SendStep_Failed(contract.SendFailure(failed.failure, _bounded(failed.receipts)))


def locate(media, attachment, account, context):
    """`locate` of the author returns the call that gives the bytes, and raises `Failed` or the wish for a call."""
    try:
        return contract.MediaStep_Fetch(_of_type(contract.Call, media.locate(attachment, account, context), "Media.locate"))
    except Wanted as wanted:
        return contract.MediaStep_Call(wanted.call)
    except Failed as failed:
        return contract.MediaStep_Failed(failed.failure)


def look_up(profiles, contact, account, thread, context):
    """`look_up` of the author returns the contact or None, and raises the wish for a call."""
    try:
        found = profiles.look_up(contact, account, thread, context)
    except Wanted as wanted:
        return contract.ProfileStep_Call(wanted.call)
    if found is None:
        return contract.ProfileStep_Unknown()
    return contract.ProfileStep_Found(_of_type(contract.Contact, found, "Profiles.look_up"))


def simulate(simulator, event, url, context):
    """`simulate` of the author returns a request or None."""
    found = simulator.simulate(event, url, context)
    return None if found is None else _of_type(contract.Request, found, "Simulator.simulate")


def _of_type(kind, found, function):
    """Said here, by its name: what cannot be lowered says nothing."""
    if not isinstance(found, kind):
        raise TypeError(f"`{function}` returned {type(found).__name__}, expected {kind.__name__}")
    return found


def _bounded(receipts):
    for receipt in receipts:
        if len(receipt.message_id.encode()) > MESSAGE_ID_BYTES_MAX:
            receipt.message_id = content_id("long", receipt.message_id)
    return receipts
