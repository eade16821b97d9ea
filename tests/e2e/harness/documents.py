"""The examples of the documentation: blocks of code, commands, statements."""
import os
import re
import shlex
from collections import namedtuple

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..",
                                    ".."))
PAGES = ("README.md", "docs/operations.md", "docs/queries.md",
         "docs/sources.md", "docs/tables.md", "docs/scale.md",
         "docs/guarantees.md", "docs/writing-back.md", "docs/webhooks.md")
COMMAND = re.compile(r"(?:^|[\s;])bulkpg (.*)")
INLINE = re.compile(r"`bulkpg ([^`]+)`")

# A block of code: the page, the language ("" if the block is indented), and
# the text.
Block = namedtuple("Block", "page language text")


def read(page):
    with open(os.path.join(TOP, page), encoding="utf-8") as file:
        return file.read()


def blocks(page):
    """All blocks of code of a page, in order."""
    found, text, fence = [], [], None
    for line in read(page).splitlines() + ["."]:
        if fence is None and line.startswith("```"):
            fence, text = line[3:].strip(), []
        elif fence is not None and line.startswith("```"):
            found.append(Block(page, fence, "\n".join(text) + "\n"))
            fence, text = None, []
        elif fence is not None:
            text.append(line)
        elif line.startswith("    ") or (text and not line):
            text.append(line[4:])
        elif text:
            found.append(Block(page, "", "\n".join(text).strip("\n") + "\n"))
            text = []
    return found


def names():
    """The names of bulkpg's commands."""
    return re.findall(r"^### ([a-z]+)$", read("docs/reference.md"), re.M)


def commands(page):
    """The arguments of each command of bulkpg that a page shows, as text."""
    texts = INLINE.findall(re.sub(r"\s+", " ", read(page)))
    for block in blocks(page):
        for line in block.text.replace("\\\n", " ").splitlines():
            found = COMMAND.search(line.removeprefix("$ "))
            if found and not block.language:
                texts.append(re.split(r" \|\| | && |;|\s#", found[1])[0])
    name = re.compile(rf"(?:-\w (?:/\S+ )?)*(?:{'|'.join(names())})\b(?! <)")
    return sorted({" ".join(shlex.split(text)) for text in texts
                   if name.match(text)})


def statements(page):
    """The SQL statements of a page: in blocks of their own, or for psql."""
    found = []
    for block in blocks(page):
        if block.language:
            continue
        found += re.findall(r"psql .*?-c (?:\"(.*?)\"|'(.*?)')", block.text,
                            re.S)
        if re.match(r"(SELECT|CREATE|INSERT|UPDATE|ALTER)\b", block.text):
            found.append((block.text, ""))
    return ["".join(one) for one in found]


def settings(page):
    """The examples of bulkpg.ini on a page."""
    return [block.text for block in blocks(page)
            if not block.language and re.match(r"\[\w+.*\]\n", block.text)]


def mutations(page):
    """The examples of mutations on a page: (name, mutation, SELECT)."""
    fenced = [block for block in blocks(page) if block.language]
    return [(re.match(r"mutation (\w+)", one.text)[1], one.text, two.text)
            for one, two in zip(fenced, fenced[1:])
            if (one.language, two.language) == ("graphql", "sql")]


def tables_in(select):
    """The statements in the comment of a SELECT that create its tables."""
    return re.findall(r"CREATE TABLE .*?;", re.sub(r"^--", "", select,
                                                   flags=re.M), re.S)
