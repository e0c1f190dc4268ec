"""The settings of `connector.toml` by name, and what is made of them."""

from trunkline.request import setting

TOKEN = "auth_token"
BOT = "bot_uri"
BOT_DEFAULT = "bot"
SENDER = "sender_name"
AVATAR = "sender_avatar"
WELCOME = "welcome_text"


def sender(context, name):
    """Whom a message is shown to come from."""
    avatar = setting(context, AVATAR)
    return {"name": name, "avatar": avatar} if avatar else {"name": name}
