"""The rooms of the package and what they import from each other, read from the sources without running them.

`python3 -m tests.rooms [FOLDER]` counts both, for this package or another state of it.
"""

import ast
import sys
from pathlib import Path
from typing import Mapping, Optional, Sequence

PACKAGE = Path(__file__).resolve().parents[1] / "abs_training"

Imports = dict[str, set[str]]
"""Module, or room -> those of the same package that it imports, wherever in the file."""


def imports_of(package: Path) -> Imports:
    """What each module of a package imports of it; modules by their names below the package."""
    names = {_name(path, package) for path in package.rglob("*.py")}
    return {
        _name(path, package): _imported(path, package.name, names) for path in package.rglob("*.py")
    }


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, package: str, names: set[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level > 0:
                raise ValueError(f"{path}:{node.lineno}: relative imports are not followed here")
            # Either may be the module: `from package import module`, `from package.module import name`.
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    prefix = f"{package}."
    below = {name[len(prefix) :] for name in found if name.startswith(prefix)}
    return below & names


def room_of(module: str) -> str:
    """The folder right below the package, or the module itself where it lies next to those."""
    return module.split(".")[0]


def imports_between_rooms(imports: Mapping[str, set[str]]) -> Imports:
    """The same for rooms, without what lies within one; the package's own two files are no rooms."""
    rooms: Imports = {}
    for module, imported in imports.items():
        if module not in ("", "__main__"):
            room = room_of(module)
            others = {room_of(other) for other in imported} - {room}
            rooms.setdefault(room, set()).update(others)
    return rooms


def circle_in(imports: Mapping[str, set[str]]) -> Optional[list[str]]:
    """Names along some circle of imports, the first one again at the end; none if there is none."""
    finished: set[str] = set()

    def visit(name: str, path: list[str]) -> Optional[list[str]]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in finished:
            return None
        for imported in sorted(imports.get(name, ())):
            found = visit(imported, [*path, name])
            if found is not None:
                return found
        finished.add(name)
        return None

    for name in sorted(imports):
        found = visit(name, [])
        if found is not None:
            return found
    return None


def against_order(rooms: Mapping[str, set[str]], order: Sequence[str]) -> list[str]:
    """Imports of a room from one that does not come before it, as `room -> other`."""
    place = {room: index for index, room in enumerate(order)}
    return sorted(
        f"{room} -> {other}"
        for room, others in rooms.items()
        for other in others
        if place[other] >= place[room]
    )


def main(arguments: Sequence[str]) -> None:
    """Prints how many rooms, modules and imports there are, and a circle where there is one."""
    imports = imports_of(Path(arguments[0]).resolve() if arguments else PACKAGE)
    rooms = imports_between_rooms(imports)
    for room in sorted(rooms, key=lambda name: (len(rooms[name]), name)):
        modules = sum(room_of(module) == room for module in imports)
        print(f"{room} ({modules}): {', '.join(sorted(rooms[room])) or '-'}")
    pairs = sum(len(others) for others in rooms.values())
    crossing = sum(
        room_of(other) != room_of(module)
        for module, imported in imports.items()
        if module not in ("", "__main__")
        for other in imported
    )
    print(f"{len(rooms)} rooms; {pairs} pairs of them import; {crossing} imports between modules")
    circle = circle_in(imports) or circle_in(rooms)
    print(f"circle: {' -> '.join(circle) if circle else 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
