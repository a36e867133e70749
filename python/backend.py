"""Builds the wheel (PEP 517), with nothing but the standard library: Meson builds the package in build/python, as
`make` does; here its files are packed, DuckDB's library beside them so that the wheel stands alone.

HONE_BUILD_DIR names another build folder; HONE_WITHOUT_DUCKDB=1 leaves DuckDB out (reading files then needs
HONE_DUCKDB to say where it is).
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build")).resolve()
PACKAGE = BUILD / "python/hone"
VERSION = re.search(r'HONE_VERSION "([^"]+)"', (ROOT / "include/hone.h").read_text())[1]
NAME = f"hone-{VERSION}"
METADATA = f"""\
Metadata-Version: 2.1
Name: hone
Version: {VERSION}
Summary: Machine learning in one native library: from a table to a served model
License: Apache-2.0
Requires-Python: >=3.11
Requires-Dist: numpy>=1.26
"""


def build():
    """Brings build/python up to date."""
    # pip's isolation would hide what Meson, itself a Python program, is made of.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "PEP517_BUILD_BACKEND"}
    environment["PATH"] = os.pathsep.join(
        part for part in os.environ.get("PATH", "").split(os.pathsep) if "pip-build-env" not in part)
    if BUILD == ROOT / "build":
        commands = [["make", "-C", str(ROOT), "build"]]
    else:
        commands = [[str(ROOT / "scripts/build"), str(BUILD)]]
    for command in commands:
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    if not list(PACKAGE.glob("_core*.so")):
        raise SystemExit("hone: the extension was not built: Python.h is missing (Debian: apt-get install python3-dev)")


def contents():
    """{name in the wheel: file}."""
    files = {f"hone/{f.name}": f for f in sorted(PACKAGE.iterdir()) if f.suffix in (".py", ".pyi", ".so")
             or f.name == "py.typed"}
    duckdb = ROOT / ".deps/duckdb/libduckdb.so"
    if duckdb.exists() and os.environ.get("HONE_WITHOUT_DUCKDB") != "1":
        files["hone/libduckdb.so"] = duckdb
    return files


def tag():
    return "cp311-abi3-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")


def write_wheel(folder, files, kind):
    """files: {name: path or bytes}."""
    name = f"{NAME}-{kind}.whl"
    info = f"{NAME}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = METADATA.encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: hone\nRoot-Is-Purelib: false\nTag: {kind}\n".encode()
    record = []
    with zipfile.ZipFile(Path(folder) / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for path, source in files.items():
            data = source if isinstance(source, bytes) else source.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
        wheel.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return name


# ---- PEP 517 and 660 ---------------------------------------------------------------------------------


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build()
    return write_wheel(wheel_directory, contents(), tag())


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """`pip install -e ./python`: what the build folder holds."""
    build()
    return write_wheel(wheel_directory, {"hone.pth": f"{BUILD / 'python'}\n".encode()}, tag())


def build_sdist(sdist_directory, config_settings=None):
    raise SystemExit("hone: the Python package is built from a checkout; there is no source archive of it alone")


if __name__ == "__main__":  # make python: the wheel into build/python, without a build
    print(BUILD / "python" / write_wheel(BUILD / "python", contents(), tag()))
