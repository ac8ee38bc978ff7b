import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from abs_training.foundation.checkpoint import write_atomically

TRAINER = Path(__file__).parents[1]

OLD, NEW = b"old", bytes(8_000_000)

WRITER = """
import sys
from pathlib import Path
from abs_training.foundation.checkpoint import write_atomically
print("begins", flush=True)
while True:
    write_atomically(Path(sys.argv[1]), bytes(8_000_000))
"""


class WholeFilesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "file"

    def test_nothing_is_written_in_another_way(self) -> None:
        other = re.compile(
            r"\.write_(text|bytes)\(|\bopen\([^)]*[\"'][wax]b?\+?[\"']|torch\.save\("
        )
        found = [
            f"{path.relative_to(TRAINER)}: {line.strip()}"
            for path in sorted((TRAINER / "abs_training").rglob("*.py"))
            for line in path.read_text("utf-8").splitlines()
            if other.search(line)
        ]
        self.assertEqual(
            found,
            [
                "abs_training/foundation/checkpoint.py: torch.save(state, buffer)",
                'abs_training/foundation/checkpoint.py: with temporary.open("wb") as file:',
            ],
        )

    def test_a_killed_writer_leaves_the_old_file_or_the_new_one(self) -> None:
        for attempt in range(12):
            self.path.write_bytes(OLD)
            end = signal.SIGINT if attempt % 4 == 3 else signal.SIGKILL
            with subprocess.Popen(
                [sys.executable, "-c", WRITER, str(self.path)],
                cwd=TRAINER,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as writer:
                assert writer.stdout is not None
                writer.stdout.readline()
                time.sleep(0.003 * attempt)
                writer.send_signal(end)
            self.assertIn(self.path.read_bytes(), (OLD, NEW))
            beside = {path.name for path in self.folder.iterdir()} - {"file"}
            # What SIGKILL leaves has the name that the next write takes.
            self.assertLessEqual(beside, set() if end == signal.SIGINT else {"file.part"})
        write_atomically(self.path, NEW)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["file"])

    def test_a_full_disk_leaves_the_old_file_alone(self) -> None:
        self.path.write_bytes(OLD)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        # Python ignores the signal that says so: a full disk as far as the writer can see.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with self.assertRaises(OSError):
                write_atomically(self.path, NEW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(self.path.read_bytes(), OLD)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["file"])

    def test_a_folder_in_the_place_stays(self) -> None:
        self.path.mkdir()
        with self.assertRaises(OSError):
            write_atomically(self.path, NEW)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["file"])


if __name__ == "__main__":
    unittest.main()
