"""What the readers of hone make of files, beside what pandas, pyarrow, openpyxl and polars make of them."""
import csv
import datetime
import gzip
import json
import math
import os
import sqlite3
import sys
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
    with pytest.raises(hone.Error, match="First, the 2nd & last"):
        hone.read(path, table="Third")


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
