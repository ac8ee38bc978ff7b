import tempfile
import unittest
from pathlib import Path

from abs_training import ROOMS
from tests.rooms import PACKAGE, against_order, circle_in, imports_between_rooms, imports_of


class RoomsTest(unittest.TestCase):
    def test_no_module_imports_itself_by_way_of_others(self) -> None:
        circle = circle_in(imports_of(PACKAGE))
        self.assertIsNone(circle, f"circle of imports: {' -> '.join(circle or [])}")

    def test_rooms_import_only_from_those_before_them(self) -> None:
        rooms = imports_between_rooms(imports_of(PACKAGE))
        self.assertEqual(sorted(rooms), sorted(ROOMS))
        self.assertEqual(against_order(rooms, ROOMS), [])


class CheckTest(unittest.TestCase):
    """That the check itself sees what it is there for."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.package = Path(folder.name) / "house"
        for name, text in {
            "lower/__init__.py": "",
            "lower/one.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from house.upper.three import Three\n",
            "lower/two.py": "def later():\n    from house.lower import one\n",
            "upper/__init__.py": "",
            "upper/three.py": "import house.lower.two\n",
        }.items():
            path = self.package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def test_a_circle_is_named_even_where_only_types_close_it(self) -> None:
        self.assertEqual(
            circle_in(imports_of(self.package)),
            ["lower.one", "upper.three", "lower.two", "lower.one"],
        )

    def test_an_import_against_the_order_is_named(self) -> None:
        rooms = imports_between_rooms(imports_of(self.package))
        self.assertEqual(against_order(rooms, ("lower", "upper")), ["lower -> upper"])


if __name__ == "__main__":
    unittest.main()
