#!/usr/bin/env python3
"""Fail if a source file includes a header that its layer must not know.

Three rules: the edges between folders in scripts/layers.txt (src/main.c may
include anything), each foreign library is used by one folder, and a
header that says "Private to this folder" is included from there only.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = re.compile(r'^\s*#\s*include\s*"(([a-z]+)/[^"]*)"', re.M)
PRIVATE = re.compile(r"Private to (this folder|src/)")
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
    "microhttpd": "hook",
    "sha2": "base",
}


def allowed_edges():
    edges = {}
    for line in (ROOT / "scripts/layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            folder, seen = line.split(":")
            edges[folder] = {folder, *seen.split()}
    return edges


def is_private(header):
    path = ROOT / "src" / header
    return path.exists() and PRIVATE.search(path.read_text())


def main():
    edges = allowed_edges()
    wrong = []
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        folder = path.parent.name
        text = path.read_text()
        for header, seen in OURS.findall(text):
            if seen not in edges[folder]:
                wrong.append(f"{path.relative_to(ROOT)}: includes {seen}/")
            if seen != folder and is_private(header):
                wrong.append(f"{path.relative_to(ROOT)}: includes {header}")
        for seen in THEIRS.findall(text):
            if OWNER.get(seen, folder) != folder:
                wrong.append(f"{path.relative_to(ROOT)}: includes <{seen}.h>")
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


sys.exit(main())
