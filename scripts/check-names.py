#!/usr/bin/env python3
"""Fail when a name in the sources cannot be found where a reader looks.

A public function must be declared in the header of its file, or in one of the
faces below, which src/README.md lists. A static function must not have the name
of a public one. A source of more than 200 lines must begin with a comment. A
line of C must not be wider than 80 columns, unless it has a string or an address.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH = 80
LONG = 200  # lines of a source that needs a head

# A header that is the face of several files: src/README.md names them.
FACES = {
    "graphql/document.h", "graphql/schema.h", "graphql/parser.h",
    "graphql/check_parts.h", "plan/plan.h", "plan/build.h", "plan/pages.h",
    "plan/pages_build.h", "pg/conn.h", "pg/wire.h", "pg/pipe.h",
    "load/binary.h", "command/commands.h", "graphql/lexer.h",
    "mapping/parts.h",
}

DEFINITION = re.compile(
    r"^(?P<type>(?:[A-Za-z_][\w *,()]*\n)+)(?P<name>[a-z_]\w*)\((?P<rest>[^;{]*)"
    r"\)\n\{", re.M)
DECLARATION = r"\b%s\b"


def functions(path):
    """Yields (name, is it static?) for each function defined in a file."""
    for match in DEFINITION.finditer(path.read_text()):
        yield match["name"], "static" in match["type"].split()


def unlisted_faces():
    """Yields what differs between FACES and the list in src/README.md."""
    text = (ROOT / "src/README.md").read_text("utf-8")
    listed = text.partition("Some headers belong to several")[2]
    listed = listed.partition('says "Private')[0]
    listed = set(re.findall(r"`(\w+/\w+\.h)`", listed))
    for face in sorted(FACES - listed):
        yield f"src/README.md does not list {face}, which has several files"
    for face in sorted(listed - FACES):
        yield f"scripts/check-names.py does not have {face} of src/README.md"


def main():
    public, static = {}, collections.defaultdict(list)
    wrong = []
    for path in sorted((ROOT / "src").glob("*/*.c")):
        for name, is_static in functions(path):
            if is_static:
                static[name].append(path)
            else:
                public[name] = path
    for name, path in public.items():
        faces = [path.with_suffix(".h")] + [
            ROOT / "src" / face for face in FACES
            if face.startswith(path.parent.name + "/")]
        pattern = re.compile(DECLARATION % name)
        if not any(face.exists() and pattern.search(face.read_text())
                   for face in faces):
            wrong.append(f"{path.relative_to(ROOT)}: {name}() is not declared "
                         f"in {path.stem}.h")
        wrong += [f"{other.relative_to(ROOT)}: static {name}() has the name "
                  f"of a function of {path.relative_to(ROOT)}"
                  for other in static[name]]
    for folder in "src", "tests", "scripts":
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            wrong += [f"{path.relative_to(ROOT)}:{number}: {len(line)} columns"
                      for number, line
                      in enumerate(path.read_text().split("\n"), 1)
                      if len(line) > WIDTH and '"' not in line
                      and "https://" not in line]
    for path in sorted((ROOT / "src").glob("*/*.c")):
        text = path.read_text()
        if text.count("\n") > LONG and not text.startswith("/*"):
            wrong.append(f"{path.relative_to(ROOT)}: has no comment at its "
                         "head, but more than %d lines" % LONG)
    wrong += unlisted_faces()
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


sys.exit(main())
