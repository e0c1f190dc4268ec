import unittest

import bindings  # noqa: F401
from trunkline import sending, split, steps
from trunkline.calls import Calls, get
from trunkline.contract import (
    ChoiceOption,
    Choices,
    Context,
    Event,
    EventKind_Other,
    Exchange,
    FailureReason_Invalid,
    FailureReason_Other,
    FailureReason_RateLimited,
    FailureReason_Transient,
    FailureReason_Unauthorized,
    FailureReason_Unreachable,
    Opaque,
    Outgoing,
    ReceiveStep_Refuse,
    Response,
    SendStep_Call,
    SendStep_Failed,
    SendStep_Sent,
    new,
)
from trunkline.failure import reason, refuse, retry_after
from trunkline.refusal import missing
from trunkline.request import answer


class TwoCalls:
    """Sends two messages."""

    def send(self, message, context):
        prepared = [sending.Prepared(part, get(f"https://a.example/{part}")) for part in range(2)]
        return sending.in_turn(Calls(context), prepared, self.read)

    def read(self, prepared, response):
        if response.status != 200:
            raise refuse("400", "no")
        return [prepared.receipt("x" * 1_025 if prepared.part else "m0")]


class Sending(unittest.TestCase):
    def test_a_message_goes_on_where_the_host_is(self):
        def send(*statuses):
            exchanges = [Exchange(get("https://a.example").request, Response(status, [], b"")) for status in statuses]
            return steps.send(TwoCalls(), None, Context([], 0, exchanges))

        self.assertIsInstance(send(), SendStep_Call)
        self.assertEqual(send(200).value.request.url, "https://a.example/1")
        done = send(200, 200)
        self.assertIsInstance(done, SendStep_Sent)
        self.assertTrue(done.value[1].message_id.startswith("long:"))
        failed = send(200, 400)
        self.assertIsInstance(failed, SendStep_Failed)
        self.assertEqual([receipt.message_id for receipt in failed.value.receipts], ["m0"])

    def test_every_status_has_a_reason(self):
        for status, expected in (
            (301, FailureReason_Other()), (400, FailureReason_Invalid()), (401, FailureReason_Unauthorized()),
            (404, FailureReason_Unreachable()), (409, FailureReason_Other()), (408, FailureReason_Transient()),
            (503, FailureReason_Transient()), (429, FailureReason_RateLimited(None)),
        ):
            self.assertEqual(reason(Response(status, [], b""), 0), expected, status)

    def test_a_wait_is_told_in_seconds_or_as_a_date(self):
        now = 1_790_000_000_000
        for value, expected in (
            ("7", 7_000), ("Mon, 21 Sep 2026 14:13:20 GMT", 0), ("Mon, 21 Sep 2026 14:14:20 GMT", 60_000), ("soon", None),
            ("", None), ("9" * 400, 2**64 - 1), ("Mon, 99 Sep 9999999 14:14:20 GMT", None), ("٧", None),
        ):
            self.assertEqual(retry_after(Response(429, [("Retry-After", value)], b""), now), expected, value)

    def test_options_become_a_list_and_links_have_no_number(self):
        options = [
            new(ChoiceOption, id="a", title="Yes"),
            new(ChoiceOption, id="x", title="Read", url="https://example.org"),
            new(ChoiceOption, id="b", title='No "never"', description="really"),
        ]
        text, answers = sending.numbered(new(Choices, text="Sure?\n", options=options))
        self.assertEqual(text, 'Sure?\n1. Yes\nRead: https://example.org\n2. No "never" (really)')
        expected = '[{"answer":"1","id":"a","title":"Yes"},{"answer":"2","id":"b","title":"No \\"never\\""}]'
        self.assertEqual(answers, expected)

    def test_retry_keys_differ_and_stay(self):
        message = new(Outgoing, id="01990000-0000-7000-8000-000000000001", account="a", to=[], parts=[])
        self.assertEqual(sending.retry_key(message, 0), message.id)
        self.assertEqual(sending.retry_key(message, 1), sending.retry_key(message, 1))
        self.assertRegex(sending.retry_key(message, 1), r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_cuts_stand_between_words(self):
        for text, most, expected in (
            ("", 5, [""]), ("hello", 5, ["hello"]), ("hello you", 5, ["hello", "you"]), ("hello   you", 6, ["hello", "you"]),
            ("abcdefghij", 4, ["abcd", "efgh", "ij"]), ("ab\ncd ef", 5, ["ab\ncd", "ef"]), (" abcdefgh", 4, [" abc", "defg", "h"]),
            ("         abc", 4, ["abc"]), ("         ", 4, [""]),
        ):
            self.assertEqual(split.at_word_ends(text, most, "letters"), expected, text)
        self.assertEqual(split.at_word_ends("a😀😀b", 4, "utf16"), ["a😀", "😀b"])
        self.assertEqual(split.length("a😀", "utf16"), 3)
        self.assertEqual([split.shortened("a😀😀", most, "utf16") for most in (5, 4)], [None, "a😀…"])


class Receiving(unittest.TestCase):
    def test_ids_are_there_and_not_too_long(self):
        def ids(*names):
            events = [new(Event, id=name, account="a", kind=EventKind_Other(Opaque("n", ""))) for name in names]
            inbound = type("Inbound", (), {"receive": lambda self, request, context: answer(events)})()
            return [event.id for event in steps.receive(inbound, None, None).value.events]

        kept, long, empty, again = ids("x" * 512, "x" * 513, "", "")
        self.assertEqual((kept, empty), ("x" * 512, again))
        self.assertTrue(long.startswith("long:") and empty.startswith("event:"))

    def test_what_is_raised_is_a_refusal_and_what_is_returned_is_checked(self):
        def inbound(function):
            return type("Inbound", (), {"receive": lambda self, request, context: function()})()

        def refused():
            raise missing("`x-signature`")

        step = steps.receive(inbound(refused), None, None)
        self.assertIsInstance(step, ReceiveStep_Refuse)
        self.assertEqual((step.value.status, step.value.detail), (401, "`x-signature` is missing"))
        with self.assertRaisesRegex(TypeError, "returned NoneType, expected Answer"):
            steps.receive(inbound(lambda: None), None, None)

    def test_what_has_to_be_said_is_asked_for(self):
        with self.assertRaisesRegex(TypeError, "account"):
            new(Event, id="1", kind=None)
        one, two = (new(Event, id="1", account="a", kind=None) for _ in range(2))
        self.assertIsNot(one.attributes, two.attributes)


if __name__ == "__main__":
    unittest.main()
