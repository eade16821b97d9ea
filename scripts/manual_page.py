"""Converts a page of docs/ to a manual page: the Markdown that these pages use
to troff. It knows headings of level 2 and 3, paragraphs, lists, tables, and
code blocks; and emphasis, code and links within a line.
"""
import re

FONT = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*"
                  r"|\[((?:`[^`]*`|[^\]])+)\]\([^)]*\)")


def roff(text):
    """Text as troff prints it back."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line[:1] == "." else line
                     for line in text.splitlines())


def inline(text):
    made, at = [], 0
    text = text.replace("·", ",")
    for found in FONT.finditer(text):
        made.append(roff(text[at:found.start()]))
        code, strong, soft, link = found.groups()
        if link is not None:
            made.append(inline(link))
        else:
            font = "I" if soft else "B"
            made.append(f"\\f{font}{roff(code or strong or soft)}\\fR")
        at = found.end()
    line = "".join(made) + roff(text[at:])
    return "\\&" + line if line[:1] == "." else line


def cells(line):
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [part.strip().replace("\\", "") for part in parts]


def table(lines):
    made = []
    for line in lines[2:]:
        first, *others = cells(line)
        made.append(".TP\n" + inline(first) + "\n"
                    + inline("; ".join(one for one in others if one)) + "\n")
    return "".join(made)


def code(lines):
    body = [line for line in lines if not line.startswith("```")]
    if not lines[0].startswith("```"):
        body = [line[4:] for line in body]
    return (".PP\n.RS 4\n.nf\n" + "\n".join(
        roff(line) or "\\&" for line in body) + "\n.fi\n.RE\n")


def listing(lines):
    items = re.split(r"^\* ", "\n".join(lines), flags=re.M)[1:]
    return "".join(".IP \\(bu 2\n" + inline(" ".join(one.split())) + "\n"
                   for one in items)


def blocks(text):
    """Lists of lines: code blocks, and paragraphs between empty lines."""
    block, fenced = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line == "" and not fenced:
            if block:
                yield block
            block = []
        else:
            block.append(line)
    if block:
        yield block


def convert(text):
    """Convert a page from its first section on. The caller writes the part
    before it."""
    made = []
    for block in blocks(text[text.index("\n## "):]):
        first = block[0]
        if first.startswith("## "):
            made.append(f'.SH "{roff(first[3:].upper())}"\n')
        elif first.startswith("### "):
            made.append(f'.SS "{roff(first[4:])}"\n')
        elif first.startswith("```") or first.startswith("    "):
            made.append(code(block))
        elif first.startswith("|"):
            made.append(table(block))
        elif first.startswith("* "):
            made.append(listing(block))
        else:
            made.append(".PP\n" + inline(" ".join(block)) + "\n")
    return "".join(made)
