import unittest

import bindings  # noqa: F401
from trunkline import signature
from trunkline.contract import Context, RefusalReason_Mismatch, RefusalReason_Misconfigured, RefusalReason_MissingSignature
from trunkline.refusal import Refused
from trunkline.request import secrets


class Signatures(unittest.TestCase):
    def refused(self, function, *arguments):
        with self.assertRaises(Refused) as raised:
            function(*arguments)
        return raised.exception.refusal

    def test_rfc_4231_and_2202_vectors(self):
        for algorithm, expected in (
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ):
            self.assertEqual(signature.digest(algorithm, "Jefe", b"what do ya want ", "for nothing?").hex(), expected)

    def test_any_secret_in_rotation_fits_and_none_is_our_fault(self):
        given = signature.digest("sha256", "old", b"body")
        signature.verify("sha256", ["new", "old"], given, b"body")
        refusal = self.refused(signature.verify, "sha256", ["new"], given, b"body")
        self.assertEqual((refusal.reason, refusal.status), (RefusalReason_Mismatch(), 401))
        refusal = self.refused(signature.verify, "sha256", [], given, b"body")
        self.assertEqual((refusal.reason, refusal.status), (RefusalReason_Misconfigured(), 503))

    def test_an_empty_setting_is_no_secret(self):
        refusal = self.refused(secrets, Context([("key", ""), ("other", "x")], 0, []), "key")
        self.assertEqual((refusal.reason, refusal.status), (RefusalReason_Misconfigured(), 503))

    def test_a_digest_of_another_length_or_alphabet_is_no_digest(self):
        whole = "7jGJk5wP8doDNgIA4Hwtfu3lUNPjjSXFWW0A2vvefDs="
        for text in ("", "zz", "abcd", whole[:-1], whole.replace("s=", "t="), "é" * 32, " " + "a" * 63, "a" * 62 + " a"):
            self.assertEqual(self.refused(signature.base64_digest, text, 32).status, 401, text)
            self.assertEqual(self.refused(signature.hex_digest, text, 32).status, 401, text)
        self.assertEqual(len(signature.base64_digest(whole, 32)), 32)
        self.assertEqual(signature.hex_digest("AB" * 32, 32), b"\xab" * 32)
        self.assertEqual(self.refused(signature.hex_digest, None, 32).reason, RefusalReason_MissingSignature())

    def test_content_ids_are_those_of_other_languages(self):
        # Made by the SDK for Rust: its case files hold it.
        self.assertEqual(signature.content_id("webhook", "", '{"t":"こんにちは😀"}'), "webhook:R6zSjqs4HD3CJfsaXve5Qg")
        self.assertNotEqual(signature.content_id("x", "ab", "c"), signature.content_id("x", "a", "bc"))

    def test_the_window_has_two_ends(self):
        for signed_at in (1_000, 601_000):
            signature.within(signed_at, 301_000, 300_000)
        for signed_at in (999, 601_001):
            self.assertEqual(self.refused(signature.within, signed_at, 301_000, 300_000).status, 401)


if __name__ == "__main__":
    unittest.main()
