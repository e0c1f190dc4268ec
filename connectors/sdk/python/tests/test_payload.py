import unittest

import bindings  # noqa: F401
from trunkline import payload
from trunkline.refusal import Refused


class Payloads(unittest.TestCase):
    def test_nothing_of_an_item_is_lost(self):
        body = ' { "x" : [1] , "items":[ {"n":1.50,"big":123456789012345678901234567890} ,7, "a]," , [ ] ] } '.encode()
        items = payload.items(payload.parse_object(body), "items")
        texts = ['{"n":1.50,"big":123456789012345678901234567890}', "7", '"a],"', "[ ]"]
        self.assertEqual([item.text for item in items], texts)
        self.assertEqual(payload.text(items[0].value["big"]), "123456789012345678901234567890")

    def test_of_a_name_that_stands_twice_the_last_counts(self):
        raw = payload.parse_object(b'{"a":[1],"a":[2,3]}')
        self.assertEqual([item.text for item in payload.items(raw, "a")], ["2", "3"])
        self.assertIsNone(payload.items(raw, "b"))
        self.assertIsNone(payload.items(payload.parse_object(b'{"a":{}}'), "a"))
        self.assertEqual(payload.items(payload.parse_object(b'{"a":[]}'), "a"), [])

    def test_what_cannot_be_read_is_said_without_a_word_of_it(self):
        for text in (
            "", "{", "nul", "NaN", "[1,]", '{"a":\t1}x', '"\\ud800"', "[" * 10_000, '{"a":' * 5_000, '"secret', "[Infinity]",
        ):
            with self.assertRaises(payload.Unreadable, msg=text[:20]) as raised:
                payload.parse(text)
            self.assertNotIn("secret", str(raised.exception))
        for body in (b"\xff", b"[]", b"null", b"secret"):
            with self.assertRaises(Refused) as raised:
                payload.parse_object(body)
            self.assertEqual(raised.exception.refusal.status, 400)
            self.assertNotIn("secret", raised.exception.refusal.detail)

    def test_brackets_in_texts_are_not_counted(self):
        self.assertEqual(payload.parse('["' + "[{" * 500 + '\\"["]'), ["[{" * 500 + '"['])
        self.assertEqual(payload.parse('"\\ud83d\\ude00"'), "😀")

    def test_texts_and_numbers_arrive_in_each_others_clothes(self):
        found = [payload.text(value) for value in payload.parse('["a", 26390203743090, -1, true, 1.5, "", null, {}, 1e999]')]
        self.assertEqual(found, ["a", "26390203743090", "-1", "true", "1.5", None, None, None, None])
        found = [payload.number(value) for value in ("1.5", 2, "NaN", True, None, "1e999", 10**400)]
        self.assertEqual(found, [1.5, 2.0, None, None, None, None, None])
        found = [payload.whole(value) for value in (0, "7", 2**64 - 1, 2**64, -1, 1.9, "x", 1e30)]
        self.assertEqual(found, [0, 7, 2**64 - 1, None, None, 1, None, None])
        self.assertGreater(payload.parse("9" * 5_000), 1e30)

    def test_seconds_and_milliseconds_are_told_apart(self):
        found = [payload.milliseconds(time) for time in ("1790000000", 1790000000123, "1700000000.123", "soon", -5, 1e30)]
        self.assertEqual(found, [1790000000000, 1790000000123, 1700000000123, None, None, None])

    def test_a_file_name_is_no_path(self):
        for text, expected in (
            ("a.pdf", "a.pdf"), ("../../etc/passwd", "passwd"), ("C:\\x\\請求書.pdf", "請求書.pdf"), ("a\r\nb", "ab"), ("x/..", None),
        ):
            self.assertEqual(payload.file_name(text), expected)

    def test_scalars_are_what_nothing_else_reads(self):
        value = payload.parse('{"a":1,"b":"","c":[1],"d":false,"e":"x"}')
        self.assertEqual(payload.scalars(value, ("e",)), [("a", "1"), ("b", ""), ("d", "false")])


if __name__ == "__main__":
    unittest.main()
