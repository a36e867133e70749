"""Bad sources: each gives one clear sentence in bounded time, and leaves nothing behind."""

import csv
import gzip
import http.server
import io
import json
import os
import random
import resource
import sqlite3
import struct
import subprocess
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from program import PACKAGE_IS_REFUSED, ROOT, as_json, good, is_package_refused, plain_environment, refused, run

SHARED = Path(os.environ.get("HONE_SHARED", ROOT.parent / "shared")) / "data/conformance"
HEAD = "a,b,y\n"
ROWS = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(2000))


def read(path, *words, folder, code=3, stdin=subprocess.DEVNULL, preexec_fn=None, **environment):
    """What reading path says; that it took less than 60 seconds and left nothing in TMPDIR."""
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    begin = time.monotonic()
    said = refused(code, "train", path, "--target", "y", "-o", folder / "m.hone", *words,
                   env=plain_environment(TMPDIR=str(spool), **environment), stdin=stdin, preexec_fn=preexec_fn)
    assert time.monotonic() - begin < 60
    assert os.listdir(spool) == [] and not (folder / "m.hone").exists()
    return said


def book(**parts):
    """A zip file with these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return out.getvalue()


def workbook(sheet, texts=""):
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return book(**{
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
                           '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
                                      "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'})


def cut(data, share=0.6):
    return data[:int(len(data) * share)]


def npy(header, data=b""):
    """An array of numpy's with this header."""
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + data


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
BAD = {
    "cut.csv.gz": (cut(gzip.compress((HEAD + ROWS).encode())), "cut short"),
    "damaged.csv.gz": (lambda d: d[:60] + bytes([d[60] ^ 255]) + d[61:])(gzip.compress((HEAD + ROWS).encode()))
    and ((lambda d: d[:-8] + b"\0\0\0\0" + d[-4:])(gzip.compress((HEAD + ROWS).encode())), "damaged"),
    "mixed.csv": ((HEAD + ROWS).encode() + "1,ü,0\n".encode() + "2,ü,1\n".encode("latin-1"), "line 2003: not UTF-8"),
    "nul.csv": ((HEAD + ROWS).encode() + b"1,x\0y,0\n" + ROWS.encode(), "column 'b' holds a NUL byte"),
    "named.csv": (b"a\0b,y\n1,2\n" * 3, "the name of column 1 holds a NUL byte"),
    "columns.csv": (b"a," * 1100000 + b"y\n1,2\n", "more than a million fields"),
    "mark.csv": (b"\xef\xbb\xbf", "no header and no row"),
    "open.csv": ((HEAD + '1,"2,0\n' + ROWS).encode(), "line 2: a quote opens here and never closes"),
    "wide.csv": ((",".join(f"c{i}" for i in range(100000)) + "\n1,2\n").encode(), "100000"),
    "short.csv": ((HEAD + "1,2\n").encode(), "line 2: 2 fields where the first line has 3"),
    "empty.csv": (b"", "is empty"),
    "cut.parquet": (b"PAR1" + bytes(100), "cut.parquet"),
    "cut.json": (b'[{"a": 1, "y": 2}, {"a": 3', "cut.json"),
    "deep.json": (b"[" * 100000 + b"]" * 100000, "line 1: more than 100 lists and objects within each other"),
    "row.json": (b'[{"y": 1},\n{"y": 2, "a": ' + b'[{"b": ' * 5000 + b"1" + b"}]" * 5000 + b"}]",
                 "line 2: more than 100 lists and objects within each other"),
    "name.json": (b'[{"y": 1},\n{"y": 2, "a\\u0000b": "c\\u0000d"}]', "line 2: a name holds a NUL character"),
    "inner.ndjson": (b'{"y": 1, "a": [{"\\u0000": 1}]}\n', "line 1: a name holds a NUL character"),
    "old.xls": (OLE, "old Excel workbook"),
    "locked.xlsx": (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "cut.xlsx": (cut(workbook("<row><c><v>1</v></c></row>")), "no whole zip file"),
    "text.xlsx": (b"a,b\n1,2\n", "no whole zip file"),
    "no.xlsx": (book(a="b"), "without a workbook"),
    "xml.xlsx": (workbook("<row><c><v>1</v></c>"), "malformed"),
    "far.xlsx": (workbook('<row><c r="ZZZZ1"><v>1</v></c></row>'), "outside the sheet"),
    "wide.xlsx": (workbook('<row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>' + "<row><c><v>3</v></c></row>" * 20000),
                  "delete those that stand far to the right"),
    "texts.xlsx": (workbook('<row><c t="s"><v>7</v></c></row>', "<si><t>a</t></si>"), "shared strings"),
    "laughs.xlsx": (workbook("").replace(b"x", b"x"), "the sheet is empty"),
    "text.db": (b"a,b\n1,2\n" * 50, "no SQLite file"),
    "cut.db": (b"SQLite format 3\0" + b"\x10\0\1\1\0\x40\x20\x20" + bytes(4000), "cut.db"),
    "object.npy": (b"\x93NUMPY\1\0\x46\0{'descr': '|O', 'fortran_order': False, 'shape': (3,), }".ljust(80) + bytes(24),
                   "Python objects"),
    "short.npy": (b"\x93NUMPY\1\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }".ljust(80) + bytes(8),
                  "not as long as its header says"),
    "huge.npy": (b"\x93NUMPY\1\0\x66\0"
                 b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }".ljust(112),
                 "not as long"),
    # A second list of fields, where room is made for as many as the rest of the header could hold.
    "twice.npy": (npy("{'descr': [" + "('a','|b1')," * 40 + "], 'descr': [('a','|b1')], 'fortran_order': False, 'shape': (2,)}", bytes(82)),
                  "its header is damaged"),
    "nothing.npy": (npy("{'descr': '|S0', 'fortran_order': False, 'shape': (1000000000000000000,)}"), "its header is damaged"),
    "thin.npy": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000000, 0)}"), "rows without columns"),
    "fields.npy": (npy("{'descr': [], 'fortran_order': False, 'shape': (1000000000000000000,)}"), "rows without columns"),
    "text.npz": (b"PK\3\4 no zip", "no whole zip file"),
    "cut.arrow": (b"ARROW1\0\0" + bytes(64), "cut short"),
    "rows.html": (b"<table><tr>" + b"<td colspan=1000>a" * 10 + b"<tr><td>" * 100000, "more than 50 million cells"),
    "none.html": (b"<!doctype html><p>No table here.", "holds no table"),
}


def check(said, name, message):
    assert (name in said or "column 'b'" in said) and (message is None or message in said), said


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name, tmp_path):
    """As a file, through a pipe, and behind a URL."""
    data, message = BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    check(read(path, folder=tmp_path), name, message)
    kind = name.removesuffix(".gz").rsplit(".", 1)[1].replace("ndjson", "json").replace("xls", "xlsx").replace("xlsxx", "xlsx").replace("db", "sqlite")
    with path.open("rb") as stream:
        said = read("-", "--format", kind, folder=tmp_path, stdin=stream)
    check(said.replace("standard input", name), name, message)


def test_bad_files_behind_urls(server, tmp_path):
    server.bodies.update({f"/{name}": data for name, (data, _) in BAD.items()})
    for name, (_, message) in BAD.items():
        check(read(f"http://127.0.0.1:{server.server_port}/{name}", folder=tmp_path), name, message)


@pytest.mark.parametrize("name", [n for n in BAD if "json" in n])
def test_bad_json_in_queries(name, tmp_path):
    """What the reader refuses no query is given: by name, by pattern, packed, and through DuckDB's functions."""
    data, message = BAD[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data))
    (tmp_path / "good.json").write_text('[{"y": 1}]')
    asked = [f"from '{name}'", f"select count(*) from good.json g join '{name}' using (y)".replace("good.json", "'good.json'"),
             f"from '*{name}'", f"from '{name}.gz'"]
    if "deep" in name or "row" in name or "NUL" in message:
        asked.append(f"select * from 'good.json' g, '{name}' b where g.y > 0")
    if name != "cut.json":  # what only breaks off these may forgive
        asked += [f"from read_json('{name}')", f"select * FROM Read_JSON_auto(['good.json', '{name}'], union_by_name = true)",
                  f"from read_ndjson_objects('{name}', ignore_errors = true)"]
    for sql in asked:
        said = refused(3, "data", "sql", sql, cwd=tmp_path)
        assert name in said and message.removeprefix(name) in said, (sql, said)
    assert as_json("data", "sql", "select '{x}' as a from 'good.json'", cwd=tmp_path)["data"] == [{"a": "{x}"}]
    (tmp_path / "some.ndjson").write_text('{"y": 1}\n{"y": }\n{"y": 3}\n')
    rows = as_json("data", "sql", "select y from read_ndjson('some.ndjson', ignore_errors = true) where y > 0", cwd=tmp_path)
    assert rows["data"] == [{"y": 1}, {"y": 3}]


def test_json_is_taken_and_refused_as_python_does(tmp_path):
    """Texts that are JSON, and what becomes of them by a byte more, less or other."""
    rng = random.Random(3)
    whole = [b'[{"a": 1, "b": -0.5e-3, "c": "x\\u00e9\\ud83d\\ude00\\n\\"", "d": [1, [], {}], "e": {"f": null}}, {"a": 2}]',
             b'{"a": true}\n{"a": false}\n\n {"a" : null }', '[ {"a": "\u00e4\u20ac"} , {"a": 10.25E+2} ]'.encode(),
             b'[]', b'{"a": 0}{"a": -1}']
    texts = list(whole)
    for text in whole:
        for _ in range(24):
            i = rng.randrange(len(text))
            new = bytes([rng.choice(b'"{}[]:,\\0e-.tn \xc3\x01')])
            texts.append(rng.choice([text[:i] + text[i + 1:], text[:i] + new + text[i:], text[:i] + new + text[i + 1:], text[:i]]))

    def is_json(text):
        try:
            text = text.decode()
        except UnicodeDecodeError:
            return False
        decoder = json.JSONDecoder(parse_constant=lambda c: [][1])
        at, values = 0, []
        while (rest := text[at:].lstrip(" \t\r\n")) or not values:
            if values and not (isinstance(values[-1], dict) and rest.startswith("{")):
                return False
            try:
                value, length = decoder.raw_decode(rest)
            except (ValueError, IndexError):
                return False
            if json.dumps(value, ensure_ascii=False).encode(errors="ignore") != json.dumps(value, ensure_ascii=False).encode(errors="replace"):
                return False  # half of a character
            values.append(value)
            at = len(text) - len(rest) + length
        return True

    wrong = []
    for i, text in enumerate(t for t in texts if t.strip()):
        path = tmp_path / f"{i}.json"
        path.write_bytes(text)
        said = run("data", "head", path).stderr
        if ("is not JSON" in said) == is_json(text):
            wrong.append((text, said))
    assert wrong == []


def test_many_columns_of_one_name(tmp_path):
    n = 100_000
    path = tmp_path / "same.csv"
    path.write_text(",".join(["a"] * n) + "\n" + ",".join("1" for _ in range(n)) + "\n")
    said = as_json("data", "head", path)
    assert list(said["rows"][0])[:3] == ["a", "a_1", "a_2"] and f"a_{n - 1}" in said["rows"][0]


def test_an_input_without_end(tmp_path):
    """A pipe that never ends fills what there is for it (a limit stands for the disk), and that is told."""
    endless = subprocess.Popen(["yes", "1,2,3"], stdout=subprocess.PIPE)
    try:
        said = read("-", folder=tmp_path, code=4, stdin=endless.stdout,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    finally:
        endless.kill()
        endless.stdout.close()
        endless.wait()
    assert "cannot keep the input" in said and "TMPDIR" in said


def test_bombs(tmp_path):
    """Small files that unpack to much: refused before they have."""
    bomb = tmp_path / "bomb.xlsx"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = packer.compress(bytes(1 << 29)) + packer.flush()
    with zipfile.ZipFile(bomb, "w") as z:
        z.writestr("xl/workbook.xml", "")
    # A member of half a gigabyte, written by hand so that the test need not hold it.
    name = b"xl/workbook.xml"
    facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(deflated), 1 << 29, len(name), 0)
    local = b"PK\3\4" + facts + name + deflated
    central = b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    bomb.write_bytes(local + central + end)
    assert "as no table does" in read(bomb, folder=tmp_path)


def test_folders(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/a.csv").write_text(HEAD)
    assert "is a folder; name a file, or all of one kind" in read(tmp_path / "tables", folder=tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/a.png").write_bytes(b"no picture")
    assert "a.png' is no image" in read(tmp_path / "pictures", folder=tmp_path)
    assert "there is no file" in read(tmp_path / "nothing.csv", folder=tmp_path)


def test_deep_json(tmp_path):
    """Each file of a pattern, packed or not, and with little stack; brackets in texts are none."""
    deep = b'{"y": 1, "a": ' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    (tmp_path / "a.json").write_bytes(b'{"y": 1, "a": "' + b"[" * 5000 + b'\\"{"}\n{"y": 2, "a": "x"}\n')
    assert len(as_json("data", "head", tmp_path / "a.json")["rows"]) == 2
    (tmp_path / "b.json").write_bytes(b'{"y": 0}\n' + deep)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(deep))
    for pattern, message in [("*.json", "b.json, line 2: more than 100"), ("*.json.gz", "a.json.gz, line 1: more than 100")]:
        assert message in read(tmp_path / pattern, folder=tmp_path)
    (tmp_path / "b.json").write_bytes(b'[{"y": 1, "a": ' + b"[" * 95 + b"]" * 95 + b"}]")
    good("data", "head", tmp_path / "b.json", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (256 << 10,) * 2))


def test_devices(tmp_path):
    for name in ("zero", "full", "urandom"):
        assert f"'/dev/{name}' is a device" in read(f"/dev/{name}", folder=tmp_path)
    assert "is empty" in read("/dev/null", folder=tmp_path)
    os.symlink("loop.csv", tmp_path / "loop.csv")
    assert "symbolic links" in read(tmp_path / "loop.csv", folder=tmp_path, code=4)


def test_options_that_do_not_fit(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text(HEAD + ROWS)
    for words, message in [(["--table", "x"], "'table' says nothing about CSV files"),
                           (["--format", "xls"], "csv, json, parquet"),
                           (["--decimal", "x"], "neither . nor ,"), (["--quote", "ab"], "not one character"),
                           (["--encoding", "utf-0"], "not known"), (["--skip-rows", "-1"], "skip")]:
        assert message in read(table, *words, folder=tmp_path, code=2)
    base = tmp_path / "a.db"
    with sqlite3.connect(base) as made:
        made.execute("create table one (y)")
        made.execute("create table two (y)")
    assert "one, two" in read(base, folder=tmp_path, code=2)
    assert "says nothing about SQLite files" in read(base, "--skip-rows", "2", folder=tmp_path, code=2)
    assert "syntax error" in read(base, "--sql", "selec 1", folder=tmp_path)


# ---- servers ------------------------------------------------------------------------------------

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        name = self.path.split("?")[0].rsplit("/", 1)[-1]
        if name.startswith("code"):
            self.send_response(int(name[4:7]))
            self.end_headers()
            self.wfile.write(b"a,y\n1,2\n")
        elif name == "loop.csv":
            self.send_response(302)
            self.send_header("Location", "/loop.csv")
            self.end_headers()
        elif name == "file.csv":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
        elif name == "hang.csv":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"a,y\n")
            self.wfile.flush()
            self.server.done.wait(30)
        elif name == "cut.csv":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"a,y\n1,2\n")
        elif name == "endless.csv":
            self.send_response(200)
            self.end_headers()
            try:
                while not self.server.done.is_set():
                    self.wfile.write(b"1,2,3\n" * 10000)
            except OSError:
                pass
        elif name == "headers.csv":
            try:
                while not self.server.done.is_set():
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 1000)
            except OSError:
                pass
        elif name == "silent.csv":
            self.server.done.wait(30)
        elif name == "close.csv":
            pass
        elif self.path in self.server.bodies:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.bodies[self.path])
        elif name == "late.csv" and len(self.server.asked) < 2:
            self.send_response(503)
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write((HEAD + ROWS).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    made.asked, made.done, made.bodies = [], threading.Event(), {}
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.done.set()
    made.shutdown()
    made.server_close()
    thread.join()


def test_servers(server, tmp_path):
    where = f"http://127.0.0.1:{server.server_port}"
    for name, code, message in [("code404.csv", 3, "answers 404"), ("code401.csv", 3, "HONE_HTTP_TOKEN"),
                                ("code500.csv", 4, "answers 500"), ("loop.csv", 4, "more than 5 times"),
                                ("file.csv", 4, "cannot fetch"), ("hang.csv", 4, "cannot fetch"),
                                ("cut.csv", 4, "cannot fetch"), ("silent.csv", 4, "cannot fetch"),
                                ("close.csv", 4, "cannot fetch"), ("headers.csv", 4, "cannot fetch"),
                                ("endless.csv", 3, "more than 30000000 bytes")]:
        said = read(f"{where}/{name}?key=secret", folder=tmp_path, code=code, HONE_HTTP_TIMEOUT="2",
                    HONE_HTTP_LIMIT="30000000")
        assert message in said and name in said and "secret" not in said, said
    assert sum(path.startswith("/code500") for path, _ in server.asked) == 3
    assert sum(path.startswith("/code404") for path, _ in server.asked) == 1
    said = read(f"http://ann:pw@127.0.0.1:{server.server_port}/a.csv", folder=tmp_path, code=2)
    assert "pw" not in said.replace("password", "")
    assert "more than 1000 bytes" in read(f"{where}/a.csv", folder=tmp_path, HONE_HTTP_LIMIT="1000")
    server.shutdown()
    assert "cannot fetch" in read("http://127.0.0.1:9/a.csv", folder=tmp_path, code=4)


def test_packed_and_encoded_behind_urls(server, tmp_path):
    text = HEAD + "".join(f"{i},{i % 3}\u00e9,{i % 2}\n" for i in range(50))
    server.bodies.update({"/t.csv": text.encode(), "/t.csv.gz": gzip.compress(text.encode()), "/u.csv": text.encode("utf-16"),
                          "/l.csv": text.encode("latin-1")})
    wanted = as_json("data", "head", f"http://127.0.0.1:{server.server_port}/t.csv", "--rows", "50")["rows"]
    assert len(wanted) == 50
    for name, words in [("t.csv.gz", []), ("u.csv", []), ("l.csv", ["--encoding", "latin-1"])]:
        address = f"http://127.0.0.1:{server.server_port}/{name}"
        assert as_json("data", "head", address, "--rows", "50", *words)["rows"] == wanted, name


def test_good_addresses(server, tmp_path):
    where = f"http://127.0.0.1:{server.server_port}"
    model = tmp_path / "m.hone"
    spool = tmp_path / "spool"
    spool.mkdir()
    env = plain_environment(TMPDIR=str(spool), HONE_HTTP_TOKEN="open-sesame")
    said = good("train", f"{where}/late.csv?key=secret", "--target", "y", "--model", "baseline", "-o", model, env=env)
    assert "2 000 rows" in said.replace(",", " ").replace("2000", "2 000") and "secret" not in said
    assert server.asked[-1][1] == "Bearer open-sesame" and len(server.asked) == 2
    assert os.listdir(spool) == []
    good("train", "--sql", f"select * from '{where}/late.csv?key=secret' where a >= 0", "--target", "y", "--model", "baseline",
         "-o", tmp_path / "s.hone", env=env)
    for path in (model, tmp_path / "s.hone"):
        data = path.read_bytes()
        assert b"late.csv" in data and b"open-sesame" not in data and b"secret" not in data


# ---- conformance --------------------------------------------------------------------------------

def cells(path, *words):
    """The table as the rows of texts that hone writes, or None where it refuses."""
    pytest.importorskip("pyarrow")
    if is_package_refused():
        pytest.skip(PACKAGE_IS_REFUSED)
    import sys
    sys.path.insert(0, str(Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build")) / "python"))
    hone = pytest.importorskip("hone")
    try:
        table = hone.read(path, **dict(words))
    except hone.Error as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return None
    import pyarrow as pa
    frame = pa.table(table).to_pydict()
    return [{name: column[i] for name, column in frame.items()} for i in range(len(table))]


def plain(x):
    return "" if x is None or x != x else f"{x:g}" if isinstance(x, (int, float)) and not isinstance(x, bool) else str(x)


@pytest.mark.parametrize("name", ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines",
                                  "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"])
def test_csv_spectrum(name):
    if not SHARED.exists():
        pytest.skip("no shared data")
    wanted = json.loads((SHARED / f"csv-spectrum/json/{name}.json").read_text())
    found = cells(SHARED / f"csv-spectrum/csvs/{name}.csv", ("header", "yes"))
    assert [{k: plain(v).replace("\r\n", "\n") for k, v in row.items()} for row in found] == \
        [{k: v.strip().replace("\r\n", "\n") for k, v in row.items()} for row in wanted]


def test_csv_extra():
    """Odd files of rust-csv and csvtk: what Python's csv makes of them, or an error that names the line."""
    if not SHARED.exists():
        pytest.skip("no shared data")
    files = sorted(p for p in (SHARED / "csv-extra").rglob("*") if p.suffix in (".csv", ".tsv"))
    assert files
    for path in files:
        encoding = "latin-1" if "latin1" in path.name else "utf-8"
        found = cells(path, ("header", "no"), ("encoding", encoding), ("missing", "~none~"))
        rows = [row for row in csv.reader(io.StringIO(path.read_text(encoding=encoding)),
                                          delimiter="\t" if path.suffix == ".tsv" else ":" if "colon" in path.name else ",")
                if any(row)]
        regular = len({len(row) for row in rows}) == 1
        if found is None:
            assert not rows or not regular or path.name in ("strange.csv", "malformed.tsv"), path
        elif regular and "colon" not in path.name:
            assert len(found) == len(rows), path


def test_json_test_suite(tmp_path):
    """What must not parse is refused; what must is read, or refused for being no table. Nothing crashes or hangs."""
    if not SHARED.exists():
        pytest.skip("no shared data")
    taken = []
    for path in sorted((SHARED / "json-test-suite/test_parsing").glob("*.json")):
        if path.stat().st_size == 0:
            continue
        if cells(path) is not None:
            taken.append(path.name)
    assert [name for name in taken if name.startswith("n_")] == []
    assert sum(name.startswith("y_object") for name in taken) >= 1


def test_patterns_in_other_encodings(tmp_path):
    """CSV files of a pattern are opened one by one, in any encoding; of JSON they are UTF-8, and that is said."""
    for i, word in enumerate(("caf\u00e9", "\u20ac")):
        (tmp_path / f"{i}.csv").write_bytes(f"a,b\n{i},{word}\n".encode("windows-1252"))
        (tmp_path / f"{i}.json").write_bytes(b'[{"a": 1}]')
    said = as_json("data", "head", tmp_path / "?.csv", "--encoding", "windows-1252")
    assert [row["b"] for row in said["rows"]] == ["caf\u00e9", "\u20ac"]
    assert "UTF-8, not 'latin-1'" in refused(2, "data", "head", tmp_path / "?.json", "--encoding", "latin-1")
