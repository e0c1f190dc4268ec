import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import build


class Mistakes(unittest.TestCase):
    def source(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / "connector.py"
        file.write_text(text)
        return file

    def said(self, function, *arguments):
        with self.assertRaises(build.Mistake) as raised:
            function(*arguments)
        self.assertIn("\n\nhint: ", str(raised.exception))
        return str(raised.exception)

    def test_abilities_are_the_classes_at_the_top(self):
        text = """
from sending import Outbound
from other import Sim as Simulator
class Inbound:
    def receive(self, request, context):
        class Media: ...
"""
        self.assertEqual(build.abilities(self.source(text)), ["Inbound", "Outbound", "Simulator"])

    def test_each_mistake_is_named(self):
        for text, expected in (
            ("class Outbound: ...", "no class `Inbound`"),
            ("class Inbound: ...", "`Inbound` has no `receive`"),
            ("class Inbound:\n  def receive(self, request): ...", "other arguments than the contract"),
            ("class Inbound\n", "line 1"),
        ):
            self.assertIn(expected, self.said(build.abilities, self.source(text)))

    def test_the_id_is_at_the_top(self):
        self.assertEqual(build.identifier("#:schema x\nid = \"post\" # yes\n[x]\nid = 'other'\n"), "post")
        for manifest in ("", 'id = "Post"', '[x]\nid = "post"', "id = post", 'id = "../x"'):
            self.assertIn("no `id`", self.said(build.identifier, manifest))

    def test_a_folder_without_a_contract_is_named(self):
        self.assertIn("no .wit files", self.said(build.world, Path("unused"), Path(__file__).parent, []))


if __name__ == "__main__":
    unittest.main()
