"""CSV files beyond one block, against Python's own reader: quotes, line ends, escapes, comments, what breaks off."""

import csv
import io
import random

import pytest

import hone

WORDS = ["plain", "two words", 'say "so"', "a,b", "line\nbreak", "caf\u00e9", "x" * 300, "", " blank ", "\u6f22\u5b57", "end\r\nof"]


def cells(table):
    """Rows of texts, as they are in an Arrow table."""
    import pyarrow
    columns = [c.to_pylist() for c in pyarrow.table(table).columns]
    return list(map(list, zip(*columns)))


def rows(seed, n, columns):
    rng = random.Random(seed)
    return [[f"{rng.choice(WORDS)}{rng.choice(['', '!', str(rng.random())])}" for _ in range(columns)] + [f"k{i}"]
            for i in range(n)]


def wanted(text):
    return text.strip(" \t\r\n\v\f") or None


# Python quotes no line break but that of the file where it needs not.
@pytest.mark.parametrize("ending, quoting", [("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL), ("\r", csv.QUOTE_ALL)])
def test_blocks_anywhere(tmp_path, ending, quoting):
    """Files of several blocks whose borders lie within quotes as well."""
    made = rows(3, 60_000, 4)
    path = tmp_path / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator=ending, quoting=quoting).writerows([list("abcde"), *made])
    assert path.stat().st_size > 5 << 20
    got = cells(hone.read(path))
    assert len(got) == len(made)
    assert got == [[wanted(c) for c in row] for row in made]


def test_one_text_over_blocks(tmp_path):
    """A field longer than several blocks, full of what looks like rows."""
    long = "a,b\n" * 300_000
    path = tmp_path / "t.csv"
    path.write_text('x,y\n1,"' + long + '"\n2,short\n')
    assert cells(hone.read(path)) == [[1, long.strip()], [2, "short"]]


def test_escape_and_comment(tmp_path):
    path = tmp_path / "t.csv"
    body = "".join(f'{i},"it\\"s, {i}" # "said\n# nothing, "here\n' for i in range(60_000))
    path.write_text("a,b\n" + body)
    got = cells(hone.read(path, escape="\\", comment="#"))
    assert got == [[i, f'it"s, {i}'] for i in range(60_000)]


@pytest.mark.parametrize("wrong, says", [("1,2,3\n", "3 fields where the first line has 2"), ('5,"6\n', "never closes"),
                                         ('5,"6"x\n', "follows a closing quote"), ("5,\x00\n", "NUL")])
def test_where_it_breaks(tmp_path, wrong, says):
    """Far behind the first block, the line is right; rows before it do not help."""
    path = tmp_path / "t.csv"
    good = "".join(f'{i},"t {i}\n"\n' for i in range(100_000))
    path.write_bytes(("a,b\n" + good + wrong + ("" if "close" in says else "7,8\n")).encode())
    with pytest.raises(hone.Error, match=says) as raised:
        hone.read(path)
    if says != "NUL":
        assert "line 200002" in str(raised.value)
    assert len(hone.read(path, limit=100_000)) == 100_000


def test_not_utf8(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"1,caf\xc3\xa9\n" * 100_000 + b"2,caf\xe9\n")
    with pytest.raises(hone.Error, match="line 100002: not UTF-8"):
        hone.read(path)


def test_columns_that_turn_out_otherwise(tmp_path):
    """Numbers for long, then a text, a code, a word that means missing, a number too large: judged as a whole."""
    path = tmp_path / "t.csv"
    lines = [f"{i},{i},{i},{i},{i}.5" for i in range(100_000)] + ["x,007,NA,123456789012345678,1e400"]
    path.write_text("text,code,gap,big,real\n" + "\n".join(lines) + "\n")
    table = hone.read(path)
    last = cells(table)[-1]
    assert last[:4] == ["x", "007", None, 123456789012345678] and last[4] == float("inf")
    first = cells(table)[1]
    assert first == ["1", "1", 1, 1, 1.5]


def test_wide(tmp_path):
    """More columns than anybody looks at."""
    n = 30_000
    text = io.StringIO()
    csv.writer(text).writerows([[f"c{j}" for j in range(n)], *([[i * j for j in range(n)] for i in range(3)])])
    path = tmp_path / "t.csv"
    path.write_text(text.getvalue())
    assert cells(hone.read(path))[2][n - 1] == 2 * (n - 1)
