"""What is simulated here is genuine and readable for viberbot, which is Viber's own."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
SDK = FOLDER.parent / "sdk/python"
BINDINGS = tempfile.TemporaryDirectory()
BUILD = [sys.executable, SDK / "build.py", "--wit", FOLDER.parents[1] / "wit", "--bindings", BINDINGS.name]
subprocess.run(BUILD, check=True, timeout=60)
sys.path[:0] = [BINDINGS.name, str(SDK), str(FOLDER / "src")]

import connector  # noqa: E402
from trunkline import steps  # noqa: E402
from trunkline.contract import (  # noqa: E402
    Consent,
    ConsentState_Granted,
    ConsentState_Revoked,
    Contact,
    ContactCard,
    Context,
    DeliveryState_Delivered,
    DeliveryState_Failed,
    DeliveryState_Read,
    Event,
    EventKind_Consent,
    EventKind_Message,
    EventKind_Referral,
    EventKind_Status,
    Failure,
    FailureReason_Other,
    Identifier,
    IdentifierScheme_Id,
    Location,
    Media,
    MediaKind_File,
    MediaKind_Image,
    MediaKind_Sticker,
    MediaKind_Video,
    MediaSource_Url,
    Message,
    Part_Contacts,
    Part_Location,
    Part_Media,
    Part_Text,
    Referral,
    Status,
    new,
)
from viberbot import Api, BotConfiguration  # noqa: E402
from viberbot.api import viber_requests  # noqa: E402

TOKEN = "viber-token-1"
SENDER = "abCd1234/x+y=="
MEDIA = MediaSource_Url("https://media.example.org/1")
VIBERBOT = Api(BotConfiguration(name="Shop", avatar="", auth_token=TOKEN))
CONTEXT = Context([("auth_token", TOKEN)], 1_790_000_300_000, [])


def simulated(kind):
    contact = new(Contact, identifiers=[Identifier(IdentifierScheme_Id(), SENDER)], name="Олена 😀")
    event = new(Event, id="5800000000000000001", account="bot", contact=contact, kind=kind)
    return steps.simulate(connector.Simulator(), event, "https://hooks.example.org/hooks/viber", CONTEXT)


def message(part):
    return EventKind_Message(new(Message, id="5800000000000000001", parts=[part]))


def status(state, failure=None):
    return EventKind_Status(new(Status, message_id="5800000000000000001", state=state, failure=failure))


class Viberbot(unittest.TestCase):
    def read(self, kind):
        request = simulated(kind)
        given = dict(request.headers)["x-viber-content-signature"]
        self.assertTrue(VIBERBOT.verify_signature(request.body, given))
        self.assertFalse(VIBERBOT.verify_signature(request.body + b" ", given))
        self.assertEqual(steps.receive(connector.Inbound(), request, CONTEXT).value.events[0].kind, kind)
        return VIBERBOT.parse_request(request.body)

    def test_messages(self):
        for part, kind in (
            (Part_Text('Привіт 😀 "x"'), "text"),
            (Part_Media(new(Media, kind=MediaKind_Image(), source=MEDIA, caption="c")), "picture"),
            (Part_Media(new(Media, kind=MediaKind_Video(), source=MEDIA, size=10, duration_ms=2_000)), "video"),
            (Part_Media(new(Media, kind=MediaKind_File(), source=MEDIA, size=10, name="a.pdf")), "file"),
            (Part_Media(new(Media, kind=MediaKind_Sticker(), source=MEDIA, attributes=[("sticker_id", "46105")])), "sticker"),
            (Part_Location(new(Location, latitude=50.45, longitude=30.5)), "location"),
            (Part_Contacts([new(ContactCard, name="Taras", phones=["+380440000000"])]), "contact"),
        ):
            found = self.read(message(part))
            self.assertIsInstance(found, viber_requests.ViberMessageRequest)
            self.assertEqual((found.message._message_type, found.sender.id), (kind, SENDER))
            # An integer of all its digits.
            self.assertEqual(found.message_token, 5_800_000_000_000_000_001)

    def test_events(self):
        failure = Failure(FailureReason_Other(), None, "gone")
        for kind, expected in (
            (EventKind_Consent(Consent(ConsentState_Granted(), "all", "subscribe")), "Subscribed"),
            (EventKind_Consent(Consent(ConsentState_Revoked(), "all", "unsubscribe")), "Unsubscribed"),
            (EventKind_Referral(new(Referral, source="open", ref="autumn")), "ConversationStarted"),
            (status(DeliveryState_Delivered()), "Delivered"),
            (status(DeliveryState_Read()), "Seen"),
            (status(DeliveryState_Failed(), failure), "Failed"),
        ):
            self.assertEqual(type(self.read(kind)).__name__, f"Viber{expected}Request")

    def test_what_viber_has_no_webhook_for_is_not_made(self):
        quoted = EventKind_Message(new(Message, id="1", parts=[Part_Text("a"), Part_Text("b")]))
        self.assertIsNone(simulated(quoted))
        self.assertIsNone(simulated(message(Part_Location(new(Location, latitude=1.0, longitude=2.0, name="Shop")))))


if __name__ == "__main__":
    unittest.main()
