#!/usr/bin/env python3
"""Fail when a source file includes what its layer must not know.

Two rules: the edges between folders in scripts/layers.txt (src/main.c may
include anything), and each foreign library has one folder that knows it.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = re.compile(r'^\s*#\s*include\s*"([a-z]+)/', re.M)
THEIRS = re.compile(r"^\s*#\s*include\s*<([a-z0-9_/-]+)\.h>", re.M)
OWNER = {
    "curl/curl": "http",
    "libpq-fe": "pg",
    "yajl/yajl_parse": "json",
    "yajl/yajl_gen": "json",
    "yajl/yajl_version": "json",
    "ini_configobj": "config",
    "xxhash": "load",
    "zlib": "source",
}


def allowed_edges():
    edges = {}
    for line in (ROOT / "scripts/layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            folder, seen = line.split(":")
            edges[folder] = {folder, *seen.split()}
    return edges


def main():
    edges = allowed_edges()
    wrong = []
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        folder = path.parent.name
        text = path.read_text()
        for seen in OURS.findall(text):
            if seen not in edges[folder]:
                wrong.append(f"{path.relative_to(ROOT)}: includes {seen}/")
        for seen in THEIRS.findall(text):
            if OWNER.get(seen, folder) != folder:
                wrong.append(f"{path.relative_to(ROOT)}: includes <{seen}.h>")
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


sys.exit(main())
