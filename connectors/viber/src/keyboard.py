"""Something to choose from: a keyboard below the message, else a numbered list.

A keyboard is gone with the next message of the bot, so that only the last message may carry one. What the contact presses
comes back as a text, which the contact sees as said: so the button says the title, and the receipt tells the host which
option that is.
"""

from html import escape

from bubble import texts
from trunkline.failure import refuse
from trunkline.payload import dump
from trunkline.sending import ANSWERS, numbered

# No number is documented. More than this is no keyboard to look at any more.
BUTTONS_MAX = 24
COLUMNS = 6
DESCRIBED = "descriptions stand in the text: Viber's buttons have none"


def bubbles(part, choices, last):
    """The question with its options. `last`: no other part follows."""
    check(part, choices)
    why = no_keyboard(choices, last)
    if why:
        text, answers = numbered(choices)
        found = texts(part, text)
        found[-1].noted(f"the options are a numbered list: {why}")
        found[-1].attributes.append((ANSWERS, answers))
        return found
    described = [f"{option.title}: {option.description}" for option in choices.options if has_description(option)]
    found = texts(part, "\n".join([choices.text.rstrip(), *described]))
    found[-1].content["keyboard"] = {
        "Type": "keyboard",
        "DefaultHeight": False,
        "Buttons": [button(option) for option in choices.options],
    }
    if described:
        found[-1].noted(DESCRIBED)
    replies = [option for option in choices.options if option.url is None]
    if replies:
        answers = [{"answer": option.title, "id": option.id, "title": option.title} for option in replies]
        found[-1].attributes.append((ANSWERS, dump(answers)))
    return found


def check(part, choices):
    """What every rendering needs."""
    wrong = None
    if not choices.text.strip():
        wrong = "choices without a text"
    elif not choices.options:
        wrong = "choices without options"
    elif any(not option.title.strip() for option in choices.options):
        wrong = "an option without a title"
    elif any(not (option.id if option.url is None else option.url).strip() for option in choices.options):
        wrong = "an option without an id or URL"
    if wrong:
        raise refuse("missing", f"part {part}: {wrong}")


def no_keyboard(choices, last):
    """Why there is no keyboard. None: there is."""
    if not last:
        return "a keyboard vanishes with the next message, and one follows"
    if len(choices.options) > BUTTONS_MAX:
        return f"there are more than {BUTTONS_MAX}"
    titles = [option.title.strip().casefold() for option in choices.options if option.url is None]
    if len(set(titles)) < len(titles):
        return "two titles are the same, by which Viber tells what was pressed"
    if any(option.url is not None and not option.url.startswith(("https://", "http://")) for option in choices.options):
        return "a button opens web pages only"
    return None


def button(option):
    """A button of its own row. Its text is HTML at Viber."""
    kind, body = ("reply", option.title) if option.url is None else ("open-url", option.url)
    text = escape(option.title, quote=False)
    return {"Columns": COLUMNS, "Rows": 1, "ActionType": kind, "ActionBody": body, "Text": text, "TextSize": "regular"}


def has_description(option):
    return bool(option.description and option.description.strip())
