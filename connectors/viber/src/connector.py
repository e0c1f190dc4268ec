"""Viber bots: webhooks, messages and user details of Viber's REST Bot API.

A `POST` holds one event of one bot, signed with the bot's authentication token, with which calls are authorized as well.
"""

import outbound
import person
import simulator
import webhook
from trunkline.request import answer, require_method


class Inbound:
    def receive(self, request, context):
        require_method(request, "POST")
        raw = webhook.verified(request, context)
        events = webhook.events(raw, webhook.account(context))
        return answer(events, *webhook.welcome(raw, context))


class Outbound:
    def send(self, message, context):
        return outbound.send(message, context)


class Profiles:
    def look_up(self, contact, account, thread, context):
        return person.look_up(contact, context)


class Simulator:
    def simulate(self, event, url, context):
        return simulator.simulate(event, url, context)
