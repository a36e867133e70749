"""What the readers of hone make of files, beside what pandas, pyarrow, openpyxl and polars make of them."""
import csv
import datetime
import gzip
import json
import math
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(os.environ.get("HONE_BUILD_DIR", Path(__file__).resolve().parents[2] / "build")) / "python"))
hone = pytest.importorskip("hone")
from shared_data import FOLDER  # noqa: E402


def frame(path, **options):
    """hone's table as a pandas frame."""
    import pyarrow as pa
    return pa.table(hone.read(path, **options)).to_pandas()


def value(x):
    """A cell in a form that can be compared: None where it is missing."""
    if x is None or x is pd.NaT or (isinstance(x, float) and math.isnan(x)):
        return None
    if isinstance(x, (np.bool_, bool)):
        return bool(x)
    if isinstance(x, (np.datetime64, datetime.date, pd.Timestamp)):
        return pd.Timestamp(x).round("us")
    if isinstance(x, (int, float, np.number)):
        return float(x)
    return str(x).strip()


def same(mine, wanted, names=True):
    """Equal names, counts and cells, whatever the types are called."""
    if names:
        assert list(mine.columns) == [str(name) for name in wanted.columns]
    assert mine.shape == wanted.shape
    for j in range(wanted.shape[1]):
        left = [value(x) for x in mine.iloc[:, j].astype(object)]
        right = [value(x) for x in wanted.iloc[:, j].astype(object)]
        assert left == right, wanted.columns[j]


def random_frame(seed, rows=500):
    """Numbers, texts, truth values and times, with nulls."""
    rng = np.random.default_rng(seed)
    words = ["Ann", "Bob", "Zoë", "O'Hara", 'say "hi"', "a,b", "日本", "x;y|z", "line"]
    data = pd.DataFrame({
        "whole": rng.integers(-10**9, 10**9, rows),
        # 12 digits: some writers leave out the last ones
        "real": [float(f"{x:.12g}") for x in rng.standard_normal(rows) * 10.0 ** rng.integers(-5, 6, rows)],
        "flag": rng.random(rows) < 0.5,
        "word": rng.choice(words, rows),
        "when": pd.Timestamp("1999-12-31") + pd.to_timedelta(rng.integers(0, 10**9, rows), unit="s"),
    })
    data["real"] = data["real"].where(rng.random(rows) > 0.1)
    data["word"] = data["word"].where(rng.random(rows) > 0.2).astype(object)
    return data


# ---- text ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, pandas_options", [
    (dict(delimiter=";", decimal=","), dict(sep=";", decimal=",")),
    (dict(quote="'"), dict(quotechar="'")),
    (dict(escape="\\"), dict(escapechar="\\", doublequote=False)),
    (dict(delimiter="\\t"), dict(sep="\t")),
])
def test_dialects(tmp_path, options, pandas_options):
    for seed in range(3):
        wanted = random_frame(seed)
        path = tmp_path / "a.csv"
        wanted.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC if "escape" in options else 0, **pandas_options)
        same(frame(path, **options), pd.read_csv(path, parse_dates=["when"], **pandas_options))


def test_comments_and_rows_above(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("made by\na machine,on Monday\n# names\na,b\n1,2 # two\n# none\n3,4\n")
    same(frame(path, comment="#", skip_rows=2), pd.DataFrame({"a": [1, 3], "b": [2, 4]}))
    path.write_text("x y\n'a#b',1\n")
    assert frame(path, delimiter=",", header="no", skip_rows=1, quote="'", comment="#").iloc[0, 0] == "a#b"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-bom", "latin-1", "windows-1252", "shift_jis"])
def test_encodings(tmp_path, encoding):
    wanted = pd.DataFrame({"name": ["Zoë", "Åsa", "naïve"] * 40, "n": range(120)})
    if encoding == "shift_jis":
        wanted["name"] = ["日本", "カナ", "字"] * 40
    if encoding == "windows-1252":
        wanted["name"] = ["€5", "“so”", "naïve"] * 40
    path = tmp_path / "a.csv"
    text = wanted.to_csv(index=False)
    bytes_ = ("\ufeff" + text).encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)
    path.write_bytes(bytes_)
    by_its_mark = encoding.startswith("utf")
    same(frame(path, encoding=None if by_its_mark else encoding), wanted)


@pytest.mark.parametrize("ending", [".gz", ".zst", ""])
@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "xlsx", "db"])
def test_packed(tmp_path, ending, kind):
    wanted = random_frame(1, 200)
    plain, packed = tmp_path / f"plain.{kind}", tmp_path / f"a.{kind}{ending}"
    if kind == "csv":
        wanted.to_csv(plain, index=False)
    elif kind == "json":
        records = wanted.astype({"when": str}).astype(object).where(wanted.notna(), None).to_dict("records")
        plain.write_text("\n".join(json.dumps(record) for record in records))
    elif kind == "parquet":
        wanted.to_parquet(plain)
    elif kind == "xlsx":
        wanted.to_excel(plain, index=False)
    else:
        with sqlite3.connect(plain) as base:
            wanted.to_sql("t", base, index=False)
    data = plain.read_bytes()
    if ending == ".gz":  # two members, as parallel packers write them
        data = gzip.compress(data[:100]) + gzip.compress(data[100:])
    if ending == ".zst":
        import pyarrow as pa
        data = pa.compress(data, codec="zstd", asbytes=True)
    packed.write_bytes(data)
    same(frame(packed), wanted)
    if ending:  # and by its bytes alone
        nameless = tmp_path / "nameless"
        nameless.write_bytes(data)
        same(frame(nameless), wanted)


# ---- workbooks ----------------------------------------------------------------------------------

def test_sheets(tmp_path):
    path = tmp_path / "book.xlsx"
    first, second = random_frame(2), random_frame(3, 40)
    with pd.ExcelWriter(path) as writer:
        first.to_excel(writer, sheet_name="First", index=False)
        second.to_excel(writer, sheet_name="the 2nd & last", index=False, startrow=3, startcol=2)
    same(frame(path), pd.read_excel(path))
    for which in ("the 2nd & last", "2", 2):
        same(frame(path, table=which), second)
    same(frame(f"{path}#the 2nd & last"), second)
    same(frame(path, limit=7), first.head(7))
    # Rows above that are empty are none of the file's; they count all the same.
    for skipped in (1, 2, 3):
        same(frame(path, table=2, skip_rows=skipped), second)
    with pytest.raises(hone.Error, match="First, the 2nd & last"):
        hone.read(path, table="Third")


def test_ranges_of_sheets(tmp_path):
    """Cells named as spreadsheets do, and rows counted as the sheet counts them, empty ones too."""
    path = tmp_path / "book.xlsx"
    table = random_frame(4, 30)
    n = table.shape[1]
    with pd.ExcelWriter(path) as writer:
        table.to_excel(writer, index=False, startrow=4, startcol=2)
        writer.sheets["Sheet1"]["A1"] = "Figures of the third quarter"
        writer.sheets["Sheet1"]["C45"] = "a note below"
    last = chr(ord("C") + n - 1)
    same(frame(path, range=f"C5:{last}35"), table)
    same(frame(path, range=f"c5:{last.lower()}35"), table)
    same(frame(path, range="C5:D9"), table.iloc[:4, :2])
    same(frame(path, range=f"D:{last}", skip_rows=4, limit=30), table.iloc[:, 1:])
    same(frame(path, skip_rows=4, range="E1:E35"), table.iloc[:, 2:3])
    for bad in ("5:", "C5:B9", "C5-D9", "C5:D9:E9", "", "ABCDE1"):
        with pytest.raises(hone.Error, match="write it like B3:E20|holds nothing there"):
            hone.read(path, range=bad)
    with pytest.raises(hone.Error, match="holds nothing there"):
        hone.read(path, range="AA5:AB9")
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(hone.Error, match="'range' says nothing about"):
        hone.read(tmp_path / "t.csv", range="A1:B2")


def test_cells(tmp_path):
    """Errors, merged and empty cells, formulas, rich texts, dates of both epochs, wider rows below."""
    openpyxl = pytest.importorskip("openpyxl")
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    for epoch in (None, CALENDAR_MAC_1904):
        book = openpyxl.Workbook()
        if epoch:
            book.epoch = epoch
        sheet = book.active
        sheet.append([])
        sheet.append(["number", "text", "day", "error", "flag", "code"])
        sheet.append([1, "  spaced ", datetime.date(2024, 2, 29), "#N/A", True, "007"])
        sheet.append([2.5, None, datetime.datetime(1999, 12, 31, 23, 59, 59, 500000), "#DIV/0!", False, "008"])
        sheet.append([])
        sheet.append([None, CellRichText("two ", TextBlock(InlineFont(b=True), "parts")), None, 3, None, "009", "wide"])
        sheet.merge_cells("A7:B7")
        sheet["A7"] = -1e-300
        sheet["C7"] = datetime.datetime(2050, 1, 1)
        sheet["F7"] = "0"
        path = tmp_path / "cells.xlsx"
        book.save(path)
        wanted = pd.DataFrame({
            "number": [1, 2.5, None, -1e-300], "text": ["spaced", None, "two parts", None],
            "day": [pd.Timestamp("2024-02-29"), pd.Timestamp("1999-12-31 23:59:59.5"), None, pd.Timestamp("2050-01-01")],
            "error": [None, None, 3, None], "flag": [True, False, None, None],
            "code": ["007", "008", "009", "0"], "c6": [None, None, "wide", None]})
        same(frame(path), wanted)


def test_large_sheet_equals_openpyxl(tmp_path):
    titanic = FOLDER / "titanic/titanic.csv"
    if not titanic.exists():
        pytest.skip("no shared data")
    table = pd.read_csv(titanic)
    path = tmp_path / "titanic.xlsx"
    table.to_excel(path, index=False)
    mine = frame(path)
    same(mine.drop(columns=["Ticket", "Cabin"]), table.drop(columns=["Ticket", "Cabin"]))


# ---- databases ----------------------------------------------------------------------------------

def test_sqlite(tmp_path):
    path = tmp_path / "shop.db"
    wanted = random_frame(4, 3000)
    base = sqlite3.connect(path)
    wanted.to_sql("sales", base, index=False)
    base.execute("create view few as select whole, real from sales where whole > 0 limit 5")
    base.execute("create table mixed (x, b boolean, d date)")
    base.executemany("insert into mixed values (?, ?, ?)",
                     [(1, 1, "2024-01-31"), (2.5, 0, None), ("three", None, "2024-02-01"), (None, 1, "2024-02-02")])
    base.commit()
    same(frame(path, table="sales"), wanted)
    same(frame(f"{path}#few"), pd.read_sql("select * from few", base))
    same(frame(path, query="select word, count(*) as n, avg(real) as mean from sales group by 1 order by 1;"),
         pd.read_sql("select word, count(*) as n, avg(real) as mean from sales group by 1 order by 1", base))
    same(frame(path, table="mixed"), pd.DataFrame({
        "x": ["1", "2.5", "three", None], "b": [True, False, None, True],
        "d": pd.to_datetime(["2024-01-31", None, "2024-02-01", "2024-02-02"])}))
    for query in ("delete from sales", "select 1; select 2", "attach 'x.db' as x", "pragma journal_mode = wal", ""):
        with pytest.raises(hone.Error):
            hone.read(path, query=query)
    with pytest.raises(hone.Error, match="sales, few, mixed"):
        hone.read(path)
    assert os.listdir(tmp_path) == ["shop.db"]


def test_sqlite_with_a_log_beside_it(tmp_path):
    path = tmp_path / "wal.db"
    base = sqlite3.connect(path)
    base.execute("pragma journal_mode = wal")
    base.execute("create table t as select 1 as a union all select 2")
    base.commit()
    assert frame(path)["a"].tolist() == [1, 2]  # while it is open elsewhere
    base.close()
    assert os.listdir(tmp_path) == ["wal.db"]
    assert frame(path)["a"].tolist() == [1, 2]
    assert os.listdir(tmp_path) == ["wal.db"]


@pytest.fixture(scope="module")
def postgres():
    """The address of a server of our own, and a function that runs SQL on it."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.skip("no PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="hone-pg-"))
    env = {**os.environ, "LC_ALL": "C.UTF-8", "PGPASSWORD": SECRET}
    user = None
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        user = "postgres"
        shutil.chown(folder, user)

    def program(name, *words, **more):
        return subprocess.run([binaries[-1] / name, *map(str, words)], user=user, env=env, cwd="/", check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)
    (folder / "password").write_text(SECRET)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program("initdb", "-D", folder / "data", "-U", "ann", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}",
            "-E", "UTF8")
    with open(folder / "start.log", "w") as log:
        subprocess.run([binaries[-1] / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "data" / "log", "-o",
                        f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off", "start"], user=user, env=env, cwd="/",
                       check=True, stdout=log, stderr=log, timeout=120)

    def sql(text):
        return program("psql", "-h", "127.0.0.1", "-p", port, "-U", "ann", "-d", "postgres", "-X", "-q",
                       "-v", "ON_ERROR_STOP=1", input=text).stdout
    os.environ["PGPASSWORD"] = SECRET
    yield f"postgres://ann@127.0.0.1:{port}/postgres", sql
    del os.environ["PGPASSWORD"]
    program("pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


SECRET = "ope:n@sesame"


def test_postgres(postgres, tmp_path):
    address, sql = postgres
    wanted = random_frame(6, 2000)
    wanted.to_csv(tmp_path / "a.csv", index=False)
    sql('create table sales (whole bigint, real double precision, flag boolean, word text, "when" timestamp);'
        "copy sales from stdin csv header;\n" + (tmp_path / "a.csv").read_text())
    sql("create schema other; create table other.kinds (i smallint, n numeric(10, 2), f real, d date, t timestamptz, u uuid,"
        " j jsonb, e text);"
        "insert into other.kinds values (1, 12.34, 0.5, '2024-02-29', '2024-02-29 12:00:00+02', "
        "'6f3a4a80-5a38-4e7a-9d1d-1d0a7f4f6a11', '{\"a\": 1}', 'naïve'), (null, null, 'nan', null, 'infinity', null, null, '')")
    same(frame(address, table="sales"), wanted)
    same(frame(f"{address}#sales", limit=10), wanted.head(10))
    query = 'select word, count(*) as n, sum(whole) as s from sales group by word order by word collate "C"'
    found = frame(address, query=query)
    counts = wanted.fillna({"word": "\uffff"}).groupby("word")["whole"].agg(["count", "sum"])
    assert found["n"].tolist() == counts["count"].tolist() and found["s"].tolist() == counts["sum"].tolist()
    kinds = frame(address, table="other.kinds")
    assert kinds["n"][0] == 12.34 and kinds["t"][0] == pd.Timestamp("2024-02-29 10:00:00")
    assert kinds["d"][0] == pd.Timestamp("2024-02-29") and kinds["e"][0] == "naïve"
    assert kinds.iloc[1].isna().all()
    for query in ("delete from sales", "create table x (y int)", "selec 1", "select 1; drop table sales", "select 1/0"):
        with pytest.raises(hone.Error):
            hone.read(address, query=query)
    assert frame(address, query="select count(*) as n from sales")["n"][0] == 2000


def test_postgres_keeps_passwords(postgres, monkeypatch):
    address, _ = postgres
    for told in (address.replace("ann@", "ann:" + SECRET + "@"), address + "?password=" + SECRET):
        with pytest.raises(hone.Error) as raised:
            hone.read(told, table="sales")
        assert "sesame" not in str(raised.value) and "PGPASSWORD" in str(raised.value)
    monkeypatch.setenv("PGPASSWORD", "wrong-sesame")
    with pytest.raises(hone.Error) as raised:
        hone.read(address, table="sales")
    assert "sesame" not in str(raised.value) and "password" in str(raised.value)
    with pytest.raises(hone.Error, match="cannot connect"):
        hone.read("postgres://ann@127.0.0.1:9/postgres", table="sales")


# ---- arrays -------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "i1", "<i2", ">i4", "<i8", "u1", "<u8", "?"])
def test_arrays(tmp_path, dtype):
    rng = np.random.default_rng(7)
    matrix = (rng.random((50, 4)) * 100).astype(dtype)
    for array in (matrix, np.asfortranarray(matrix), matrix[:, 0], matrix.reshape(25, 2, 4), matrix[:0]):
        path = tmp_path / "a.npy"
        np.save(path, array)
        flat = array.reshape(len(array), -1) if len(array) else array
        same(frame(path), pd.DataFrame(flat, columns=[f"x{j}" for j in range(flat.shape[1])]))


def test_records_and_archives(tmp_path):
    records = np.array([("Zoë", b"x", "2024-02-29T01:02:03.25", 1.5, 7), ("", b"", "NaT", np.nan, 8)],
                       dtype=[("name", "U5"), ("tag", "S3"), ("when", "M8[ms]"), ("x", "f4"), ("n", "u2")])
    wanted = pd.DataFrame({"name": ["Zoë", None], "tag": ["x", None], "when": pd.to_datetime(["2024-02-29 01:02:03.25", None]),
                           "x": [1.5, None], "n": [7, 8]})
    np.save(tmp_path / "a.npy", records)
    same(frame(tmp_path / "a.npy"), wanted)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", records=records, y=np.arange(5))
        same(frame(f"{tmp_path / 'a.npz'}#records"), wanted)
        assert frame(tmp_path / "a.npz", table="y")["x0"].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(hone.Error, match="records, y"):
        hone.read(tmp_path / "a.npz")


# ---- Arrow --------------------------------------------------------------------------------------

@pytest.mark.parametrize("packing", [None, "lz4", "zstd"])
@pytest.mark.parametrize("form", ["file", "stream"])
def test_arrow(tmp_path, packing, form):
    import pyarrow as pa
    from decimal import Decimal
    data = random_frame(8, 3000)
    words = [None if w is None or w != w else w for w in data["word"]]
    table = pa.table({
        "whole": pa.array(data["whole"]), "real": pa.array(data["real"]), "flag": pa.array(data["flag"]),
        "word": pa.array(words), "when": pa.array(data["when"]),
        "narrow": pa.array(data["whole"] % 100, pa.int8()), "single": pa.array(data["real"], pa.float32()),
        "code": pa.array(words).dictionary_encode(), "large": pa.array(words, pa.large_string()),
        "view": pa.array([w and w * 5 for w in words], pa.string_view()),
        "day": pa.array(data["when"].dt.date), "money": pa.array([Decimal(i) / 4 for i in range(3000)], pa.decimal128(9, 2)),
        "none": pa.nulls(3000)})
    new = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    wanted = table.to_pandas()
    wanted["money"] = wanted["money"].astype(float)
    for rows in (3000, 700):  # one batch, several
        path = tmp_path / "a.arrow"
        with new(str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression=packing)) as writer:
            writer.write_table(table, max_chunksize=rows)
        same(frame(path), wanted)
        same(frame(path, limit=5), wanted.head(5))
        nameless = tmp_path / "nameless"
        nameless.write_bytes(path.read_bytes())
        same(frame(nameless), wanted)
    with new(str(path), table.schema) as writer:
        pass
    same(frame(path).iloc[:, :4], wanted.head(0).iloc[:, :4])


def test_feather_and_polars(tmp_path):
    from pyarrow import feather
    polars = pytest.importorskip("polars")
    data = random_frame(9)
    feather.write_feather(data, tmp_path / "a.feather")
    same(frame(tmp_path / "a.feather"), data)
    polars.from_pandas(data).write_ipc(tmp_path / "b.arrow", compression="zstd")
    same(frame(tmp_path / "b.arrow"), data)
    nested = polars.DataFrame({"a": [[1], [2]]})
    nested.write_ipc(tmp_path / "c.arrow")
    with pytest.raises(hone.Error, match="column 'a'"):
        hone.read(tmp_path / "c.arrow")


def test_damaged_arrow(tmp_path):
    """Every cut and many changed bytes: a table or an error, never a crash."""
    import pyarrow as pa
    table = pa.table({"a": [1, 2, 3], "b": ["x", None, "zz"], "c": pa.array(["u", "v", "u"]).dictionary_encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue().to_pybytes()
    path = tmp_path / "a.arrows"
    rng = np.random.default_rng(10)
    changed = [data[:n] for n in range(1, len(data), 7)]
    for _ in range(300):
        place = rng.integers(len(data))
        changed.append(data[:place] + bytes([rng.integers(256)]) + data[place + 1:])
    for bytes_ in changed:
        path.write_bytes(bytes_)
        try:
            hone.read(path)
        except hone.Error:
            pass


# ---- pages and folders --------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html><head><title>t</title></head><body><p>before
<table><tr><td>layout <table id=inner><thead><tr><th>a</th><th>b &amp; c</th></tr></thead>
<tbody><tr><td> 1 <td>x<br>y<tr><td>2</td><td><b>bold</b> text</td></tr></tbody></table></td></tr></table>
<table border=1>
<tr><th rowspan="2">city</th><th colspan="2">sold</th></tr><tr><th>2023</th><th>2024</th></tr>
<tr><td rowspan=2>Pari\u0161</td><td>1</td><td>2.5</td></tr><tr><td>3</td><td></td></tr>
<tr><td>Rom</td><td colspan=2>7</td></tr></table></body></html>"""


def test_pages(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    same(frame(path, table=2), pd.DataFrame({"a": [1, 2], "b & c": ["x y", "bold text"]}))
    wanted = pd.DataFrame({"city": ["Pari\u0161", "Pari\u0161", "Rom"], "sold 2023": [1, 3, 7], "sold 2024": [2.5, None, 7]})
    same(frame(f"{path}#3"), wanted)
    data = random_frame(11, 50)
    data["real"] = data["real"].round(3)
    data.to_html(path, index=False, float_format="%.3f", na_rep="")
    same(frame(path), data)


def test_folders(tmp_path):
    image = pytest.importorskip("PIL.Image")
    rows = []
    for label in ("cats", "dogs"):
        (tmp_path / label).mkdir()
        for i, kind in enumerate(["png", "jpg", "gif", "bmp", "webp", "ppm"]):
            path = tmp_path / label / f"{i}.{kind}"
            image.new("RGB", (10 + i, 300 + i)).save(path)
            rows.append((str(path), label, 10 + i, 300 + i, path.stat().st_size))
    (tmp_path / ".hidden.png").write_bytes(b"")
    same(frame(tmp_path), pd.DataFrame(rows, columns=["path", "label", "width", "height", "size"])
         .sort_values("path").reset_index(drop=True))
    texts = tmp_path / "texts"
    for label in ("ham", "spam"):
        (texts / label).mkdir(parents=True)
        for i in range(30):
            (texts / label / f"{i:02d}.txt").write_text(f"{label} number {i},\nand more ü\n")
    found = frame(texts)
    assert found["label"].tolist() == ["ham"] * 30 + ["spam"] * 30
    assert found["text"][31] == "spam number 1,\nand more ü"


# ---- queries ------------------------------------------------------------------------------------

def test_queries_over_sources(tmp_path, monkeypatch):
    import pyarrow as pa
    monkeypatch.chdir(tmp_path)
    data = random_frame(12, 5000).assign(id=range(5000))
    data[["id", "word", "when"]].to_excel("left.xlsx", index=False)
    with sqlite3.connect("right.db") as base:
        data[["id", "real"]].to_sql("t", base, index=False)
    data[["id", "flag"]].to_csv("third.csv", index=False)
    query = """select id, word, real, flag, "when" from 'left.xlsx' l join 'right.db#t' r using (id)
               join 'third.csv' using (id) where word is not null and word <> 'from ''x.xlsx''' order by id"""
    found = pa.table(hone.sql(query)).to_pandas()
    wanted = data[data["word"].notna()][["id", "word", "real", "flag", "when"]].reset_index(drop=True)
    same(found, wanted)
    count = pa.table(hone.sql("select count(*) as n from 'right.db#t' a, (from 'right.db#t') b")).to_pydict()
    assert count["n"] == [25000000]
    with pytest.raises(hone.Error, match="no file 'none.xlsx'"):
        hone.sql("select * from 'none.xlsx'")
