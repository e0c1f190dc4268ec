"""The types of the contract (`wit/*.wit`) under one roof, and `new`, which fills in what may be left out.

The generated dataclasses want every field. `new(Message, id="m-1", parts=[Part_Text("hello")])` gives optional fields
None, lists `[]` and booleans False; everything else has to be said.
"""

import dataclasses
import typing

from wit_world.exports.inbound import *  # noqa: F403
from wit_world.imports.events import *  # noqa: F403
from wit_world.imports.http import *  # noqa: F403

# An ability that this connector does not have has no types either.
try:
    from wit_world.exports.outbound import *  # noqa: F403
except ImportError:
    pass
try:
    from wit_world.exports.media import *  # noqa: F403
except ImportError:
    pass
try:
    from wit_world.exports.profiles import *  # noqa: F403
except ImportError:
    pass


def new(cls, **fields):
    """A record with these fields, and the rest filled in. A TypeError names what is missing or unknown."""
    for name, default in _DEFAULTS[cls]:
        if name not in fields:
            fields[name] = [] if default is list else default
    return cls(**fields)


def _default(kind):
    """What stands for a field of that type where it is not given: a pair of whether it may be left out, and the value."""
    origin = typing.get_origin(kind)
    if origin is list:
        return True, list
    if origin is typing.Union and type(None) in typing.get_args(kind):
        return True, None
    if kind is bool:
        return True, False
    if kind is bytes:
        return True, b""
    return False, None


def _defaults(cls):
    found = [(field.name, _default(field.type)) for field in dataclasses.fields(cls)]
    return [(name, default) for name, (optional, default) in found if optional]


# Reckoned once, when the component is made.
_DEFAULTS = {
    value: _defaults(value) for value in list(globals().values()) if isinstance(value, type) and dataclasses.is_dataclass(value)
}
