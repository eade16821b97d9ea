"""A bar chart as SVG: the seconds that each method takes, and the floor."""
from html import escape

from loads import FIRST, FLOOR, RIVALS

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 270, 130, 20, 10, 76
OURS, OTHERS, LINE = "#2f6f9f", "#b8bfc6", "#c0392b"


def bars(load):
    """Name, seconds and colour of each bar, the fastest first."""
    names = {FIRST: "bulkpg run",
             FLOOR: "psql \\copy of prepared text files"}
    found = [(names.get(way, way), load.median(way),
              OURS if way == FIRST else OTHERS)
             for way in [FIRST, FLOOR, *RIVALS] if load.median(way)]
    return sorted(found, key=lambda bar: bar[1])


def text(x, y, words, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}"{more}>{escape(words)}</text>'


def draw(load, machine):
    """Draw the chart. `machine` is a line of text about the machine."""
    rows = bars(load)
    height = TOP + len(rows) * (BAR + GAP) + 46
    scale = (WIDTH - LEFT - RIGHT) / max(row[1] for row in rows)
    floor = LEFT + load.median(FLOOR) * scale
    data = load.data
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13" fill="#333">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        text(16, 24, f"Loading {data.lines:,} lines of a bulk result "
             f"({data.size / 1e6:,.0f} MB) into keyed tables",
             ' font-size="15" font-weight="bold"'),
        text(16, 42, "Bars: seconds from the first request to tables with "
             "keys and statistics, the median of all runs.", ' fill="#555"'),
        text(16, 59, "Shorter is better. After each bar: seconds, and lines "
             "per second.", ' fill="#555"')]
    for n, (name, seconds, colour) in enumerate(rows):
        y = TOP + n * (BAR + GAP)
        out += [
            text(LEFT - 10, y + 15, name, ' text-anchor="end"'),
            f'<rect x="{LEFT}" y="{y}" width="{seconds * scale:.1f}" '
            f'height="{BAR}" fill="{colour}"/>',
            text(max(LEFT + seconds * scale, floor) + 8, y + 15,
                 f"{seconds:.2f} s, {data.lines / seconds / 1000:,.0f}k/s")]
    bottom = TOP + len(rows) * (BAR + GAP)
    out += [
        f'<line x1="{floor:.1f}" x2="{floor:.1f}" y1="{TOP - 6}" '
        f'y2="{bottom}" stroke="{LINE}" stroke-dasharray="4 3"/>',
        text(floor + 4, bottom + 10, "Dashed line: psql \\copy, which skips "
             "the download and the JSON.", f' fill="{LINE}" font-size="11"'),
        text(16, bottom + 34, machine, ' fill="#555" font-size="11"'),
        "</svg>"]
    return "\n".join(out) + "\n"
