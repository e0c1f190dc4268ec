"""Who a contact is: the `sender` or `user` of an event, or what Viber says when it is asked."""

import dataclasses

import settings
from trunkline import payload
from trunkline.calls import Calls, post, secret_header
from trunkline.contract import Contact, Identifier, IdentifierScheme_Id

USER_DETAILS = "https://chatapi.viber.com/pa/get_user_details"
# What has a place of its own in a contact.
PLACED = ("id", "name", "avatar", "language")


def of(value):
    """The contact of an event. Ids are compared letter by letter: they hold `/`, `+` and `=`."""
    user = value.get("sender", value.get("user"))
    identifier = payload.text(payload.member(user, "id")) or payload.text(value.get("user_id"))
    if identifier is None:
        return None
    return filled(Contact([Identifier(IdentifierScheme_Id(), identifier)], None, None, None), user)


def filled(contact, user):
    """A contact with what Viber says of it."""
    known = {
        "name": payload.text(payload.member(user, "name")),
        "locale": payload.text(payload.member(user, "language")),
        "avatar_url": payload.text(payload.member(user, "avatar")),
    }
    return dataclasses.replace(contact, **{name: value for name, value in known.items() if value})


def look_up(contact, context):
    """`profiles.look-up`. Viber answers twice in twelve hours for each contact; the host keeps what was found."""
    identifier = next((one.value for one in contact.identifiers if isinstance(one.scheme, IdentifierScheme_Id)), None)
    if not identifier:
        return None
    body = payload.dump({"id": identifier})
    call = post(USER_DETAILS, "application/json", body, secret_header("x-viber-auth-token", settings.TOKEN), repeatable=True)
    response = Calls(context).make(call)
    try:
        answer = payload.parse(response.body.decode()) if response.status == 200 else None
    except ValueError:
        return None
    user = payload.member(answer, "user")
    if payload.whole(payload.member(answer, "status")) != 0 or not payload.text(payload.member(user, "name")):
        return None
    return filled(contact, user)
