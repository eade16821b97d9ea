#!/usr/bin/env python3
"""Check that every link between documents leads somewhere.

    scripts/check-links.py [FOLDER]

FOLDER is the repository, or a folder with the installed documentation. Its
README.md and the documents that can be reached from there may only link to
files of that folder, and to headings that exist. Ends with 1 if a link is
broken, or if nothing links to a document in docs/.
"""
import pathlib
import re
import sys

LINK = re.compile(r"\[(?:`[^`]*`|[^\]`])*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)


def anchors(text):
    """The anchors that GitHub derives from headings."""
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(top, path):
    """The broken links of one document, and the documents it links to."""
    wrong, reached = [], set()
    text = FENCE.sub("", path.read_text("utf-8"))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or top not in target.parents:
            wrong.append(f"{path.relative_to(top)}: {link} does not exist")
        elif anchor and anchor not in anchors(target.read_text("utf-8")):
            wrong.append(f"{path.relative_to(top)}: {link} has no such heading")
        elif target.suffix == ".md":
            reached.add(target)
    return wrong, reached


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                       pathlib.Path(__file__).parent.parent).resolve()
    wrong, seen, waiting = [], set(), {top / "README.md"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        found, reached = broken_links(top, path)
        wrong += found
        waiting |= reached - seen
    wrong += [f"docs/{path.name}: no document links to it"
              for path in sorted((top / "docs").glob("*.md"))
              if path not in seen]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
