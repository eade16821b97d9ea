"""What the other methods need beyond Debian's packages."""
import glob
import os
import subprocess

# The Python that Debian's packages belong to.
PYTHON = "/usr/bin/python3"
NODE_PACKAGES = ["pg@8", "pg-copy-streams@7"]
WHERE = ("import orjson, os, sys; print(*sys.version_info[:2], sep='.');"
         "print(os.path.dirname(orjson.__file__))")


def says(*command):
    """The lines that a command prints; none if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return []
    return done.stdout.decode().split() if done.returncode == 0 else []


def python_folder(folder):
    """Debian has ujson, which is slower than orjson. If another Python of the
    same version has orjson, it is linked into `folder`."""
    found = says("python3", "-c", WHERE)
    version = says(PYTHON, "-c", "import sys; print(*sys.version_info[:2], "
                                 "sep='.')")
    link = os.path.join(folder, "orjson")
    if os.path.islink(link):
        os.unlink(link)
    if len(found) == 2 and found[:1] == version:
        os.symlink(found[1], link)
    return folder


def node_folder(folder):
    """Debian does not have pg-copy-streams; npm does."""
    modules = os.path.join(folder, "node_modules")
    if not glob.glob(modules + "/pg-copy-streams"):
        subprocess.run(["npm", "install", "--silent", "--no-audit",
                        "--no-fund", "--prefix", folder, *NODE_PACKAGES],
                       stdin=subprocess.DEVNULL, check=False)
    return modules


def prepare(cache):
    """Install what is missing; returns variables for the environment. A method
    whose package could not be installed fails, and the results say so."""
    folder = os.path.join(cache, "rivals")
    os.makedirs(folder, exist_ok=True)
    return {"PYTHONPATH": python_folder(folder),
            "NODE_PATH": node_folder(folder)}


def versions(environment):
    """The packages of the fast methods, for results.md."""
    more = {**os.environ, **environment}
    found = []
    for name in ("orjson", "ujson"):
        done = subprocess.run(
            [PYTHON, "-c", f"import {name}; print({name}.__version__)"],
            capture_output=True, check=False, env=more)
        if done.returncode == 0:
            found.append(f"{name} {done.stdout.decode().strip()}")
    for name in ("pg", "pg-copy-streams"):
        done = subprocess.run(
            ["node", "-p", f"require('{name}/package.json').version"],
            capture_output=True, check=False, env=more)
        if done.returncode == 0:
            found.append(f"{name} {done.stdout.decode().strip()}")
    return ", ".join(found)
