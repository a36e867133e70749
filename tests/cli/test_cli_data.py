"""`hone data`: looking at tables, cutting, comparing and keeping them."""

import json

import pytest

from program import PENGUINS, as_json, good, refused, run


def test_head():
    text = good("data", "head", PENGUINS, "-n", "2")
    lines = text.splitlines()
    assert lines[0].split()[:2] == ["species", "island"] and lines[1].split()[:3] == ["category", "category", "float64"]
    assert lines[2].split()[:3] == ["Adelie", "Torgersen", "39.1"]
    assert "3 more" in text and "sex (category)" in text and "344 rows, 8 columns" in text
    assert max(map(len, lines)) <= 80
    said = as_json("data", "head", PENGUINS, "-n", "4", "--columns", "year,sex")
    assert said["whole"] is True and said["rows_read"] == 344 and len(said["rows"]) == 4
    assert said["columns"] == [{"name": "year", "type": "int64"}, {"name": "sex", "type": "category"}]
    assert said["rows"][3] == {"year": 2007, "sex": None}
    assert "did you mean 'species'" in refused(3, "data", "head", PENGUINS, "--columns", "spceies")
    assert good("data", "head", "--sql", f"select count(*) n from '{PENGUINS}'", "-q").split() == ["n", "int64", "344"]


def test_head_of_awkward_cells(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n"two\nlines","' + "x" * 200 + '"\n,\x1b[31mred\n')
    text = good("data", "head", path)
    assert "two\\nlines" in text and "\\x1b[31mred" in text and "null" in text and "x" * 60 not in text


def test_describe():
    said = as_json("data", "describe", PENGUINS, "--top", "2")
    columns = {c["name"]: c for c in said["columns"]}
    mass = columns["body_mass_g"]
    assert (said["rows"], mass["missing"], mass["distinct"], mass["min"], mass["max"]) == (344, 2, 94, 2700, 6300)
    assert abs(mass["mean"] - 4201.754385964912) < 1e-9 and abs(mass["sd"] - 801.9545356980955) < 1e-9
    assert (mass["q25"], mass["median"], mass["q75"]) == (3550, 4050, 4750)
    assert columns["species"]["top"] == [{"value": "Adelie", "count": 152}, {"value": "Gentoo", "count": 124}]
    text = good("data", "describe", PENGUINS)
    assert "344 rows, 8 columns" in text and "male (168), female (165)" in text


def test_split(tmp_path):
    words = ["data", "split", PENGUINS, "--target", "species", "--parts", "train=0.5,valid=0.25,test=0.25",
             "-o", tmp_path / "{}.csv", "--seed", "5"]
    said = as_json(*words)["parts"]
    assert [p["rows"] for p in said] == [172, 86, 86] or sum(p["rows"] for p in said) == 344
    for part in said:
        total = sum(part["classes"].values())
        assert total == part["rows"] == len((tmp_path / f"{part['name']}.csv").read_text().splitlines()) - 1
        assert abs(part["classes"]["Adelie"] / total - 152 / 344) < 0.02
    once = (tmp_path / "train.csv").read_bytes()
    text = good(*words, "--threads", "1")
    assert (tmp_path / "train.csv").read_bytes() == once and "Chinstrap" in text
    lines = lambda name: (tmp_path / f"{name}.csv").read_text().splitlines()[1:]
    assert sum(len(lines(p["name"])) for p in said) == 344
    good("data", "split", PENGUINS, "--time", "year", "--parts", "past=0.6,future=0.4", "-o", tmp_path / "{}.csv")
    last = {name: {line.split(",")[-1] for line in lines(name)} for name in ("past", "future")}
    assert max(last["past"]) < min(last["future"])
    good("data", "split", PENGUINS, "--group", "island", "-o", tmp_path / "g-{}.csv")
    islands = [{line.split(",")[1] for line in lines(f"g-{p}")} for p in ("train", "test")]
    assert not islands[0] & islands[1]
    assert "add up to 0.9" in refused(2, "data", "split", PENGUINS, "--parts", "a=0.5,b=0.4")
    assert "must have {}" in refused(2, "data", "split", PENGUINS, "-o", tmp_path / "x.csv")
    assert "--by group needs --group" in refused(2, "data", "split", PENGUINS, "--by", "group", "-o", "{}.csv")


def test_diff(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("id,x,c,gone\n1,0.5,red,1\n2,,blue,2\n3,7,red,3\n")
    b.write_text("id,c,x,new\n3,red,7,a\n4,blue,1,b\n1,green,0.5000001,c\n")
    said = as_json("data", "diff", a, b, "--key", "id")
    assert (said["rows_removed"], said["rows_added"], said["rows_changed"]) == (1, 1, 1)
    assert said["columns_removed"] == ["gone"] and said["columns_added"] == ["new"] and not said["same_rows"]
    assert said["cells_changed"] == {"x": 1, "c": 1}
    assert {"key": "1", "what": "changed", "column": "c", "before": "red", "after": "green"} in said["differences"]
    assert as_json("data", "diff", a, b, "--key", "id", "--tolerance", "1e-6")["cells_changed"] == {"c": 1}
    assert as_json("data", "diff", PENGUINS, PENGUINS)["same_rows"] is True
    text = good("data", "diff", a, b, "--key", "id")
    assert "column removed: gone (int64)" in text and "1 removed, 1 added, 1 changed" in text
    assert "have the same key" in refused(3, "data", "diff", PENGUINS, PENGUINS, "--key", "species")


def test_keys_of_two_names(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("order,customer,x\n1,7,a\n2,8,b\n3,9,c\n")
    b.write_text("id,customer,x\n7,Ann,u\n8,Bob,v\n")
    joined = good("data", "join", a, b, "--on", "customer=id", "--how", "left")
    assert joined.splitlines() == ["order,customer,x,customer_right,x_right", "1,7,a,Ann,u", "2,8,b,Bob,v", "3,9,c,,"]
    assert "no column 'customers'" in refused(3, "data", "join", a, b, "--on", "customer=customers")
    assert good("data", "dedupe", a, "--key", "customer").count("\n") == 4


def test_join_and_dedupe_say_what_is_wrong(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    a.write_text("id,x\n1,2\n")
    b.write_text("id,x\none,3\n")
    assert "--on which columns" in refused(2, "data", "join", a, b)
    assert "needs --time" in refused(2, "data", "join", a, b, "--how", "asof", "--on", "x")
    assert "belong to --how asof" in refused(2, "data", "join", a, b, "--on", "x", "--time", "x")
    assert "never equal" in refused(3, "data", "join", a, b, "--on", "id")
    assert "there is no column 'di'" in refused(3, "data", "dedupe", a, "--by", "di")
    assert good("data", "join", a, a, "--on", "id") == "id,x,x_right\n1,2,2\n"


def test_sql():
    assert good("data", "sql", f"select species, count(*) n from '{PENGUINS}' group by all order by n") == \
        "species,n\nChinstrap,68\nGentoo,124\nAdelie,152\n"
    said = as_json("data", "sql", "select 1 a, 'x' b")
    assert said["rows"] == 1 and said["data"] == [{"a": 1, "b": "x"}]
    assert "only queries that read" in refused(2, "data", "sql", "create table t (a int)")


def test_gen():
    text = good("data", "gen", "blobs", "--set", "n_samples=30", "--seed", "42")
    assert text == good("data", "gen", "make_blobs", "--set", "n_samples=30", "--seed", "42", "--threads", "1")
    assert text.splitlines()[0] == "x0,x1,y" and len(text.splitlines()) == 31
    about = good("data", "gen", "blobs", "--about")
    assert about == good("data", "gen", "blobs", "--help") == good("data", "gen", "make_blobs", "-h")
    assert "centers" in about and "hone data gen blobs --set n_samples=100" in about
    listed = as_json("data", "gen")["generators"]
    assert len(listed) == 17
    for g in listed:
        assert as_json("data", "gen", g["name"], "--about") == g
        assert good("data", "gen", g["name"], "--about").startswith(f"{g['name']}: {g['title']}\n")
        for name, parameter in g["parameters"]["properties"].items():
            assert parameter["description"].endswith("."), (g["name"], name)
    assert "did you mean 'moons'" in refused(2, "data", "gen", "mons")
    assert "did you mean 'n_samples'" in refused(2, "data", "gen", "moons", "--set", "n_sample=3")
    assert "NAME=VALUE" in refused(2, "data", "gen", "moons", "--set", "3")


def test_registry(tmp_path):
    folder = tmp_path / "kept" / "here"
    words = ["--registry", folder]
    assert "nothing is registered" in good("data", "list", *words)
    first = as_json("data", "register", "penguins", PENGUINS, *words)
    assert first["new"] and first["hash"].startswith(first["version"]) and first["rows"] == 344
    good("data", "convert", PENGUINS, tmp_path / "p.parquet")
    again = as_json("data", "register", "penguins", tmp_path / "p.parquet", *words)
    assert not again["new"] and again["version"] == first["version"]
    other = as_json("data", "register", "penguins", "--sql", f"from '{PENGUINS}' limit 10", *words)
    assert other["new"] and other["version"] != first["version"]
    listed = as_json("data", "list", *words)["tables"]
    assert {t["version"] for t in listed} == {first["version"], other["version"]}
    assert as_json("data", "list", "penguins", *words)["tables"] == listed
    kept = {t["version"]: t for t in listed}[first["version"]]
    assert kept["columns"][5]["max"] == 6300 and kept["rows"] == 344
    assert as_json("data", "diff", PENGUINS, kept["path"])["same_rows"] is True
    assert "penguins" in good("data", "list", *words)
    assert "is no name" in refused(2, "data", "register", "../x", PENGUINS, *words)
    assert good("data", "show", "penguins", *words).startswith(f"data://penguins@{other['version']}: 10 rows")
    good("data", "register", "penguins", PENGUINS, *words)  # the last registered, though it was there
    assert as_json("data", "show", "penguins", *words)["hash"] == first["hash"]
    assert as_json("data", "show", f"penguins@{other['version'][:6]}", *words)["rows"] == 10
    assert "did you mean 'penguins'" in refused(3, "data", "show", "pengins", *words)
    assert "say which" in refused(2, "data", "remove", "penguins", *words)
    assert as_json("data", "remove", f"penguins@{other['version']}", *words)["removed"] == [other["version"]]
    assert f"removed penguins@{first['version']}" in good("data", "remove", "penguins", *words)
    assert as_json("data", "list", *words)["tables"] == [] and not (folder / "penguins").exists()
    elsewhere = {"PATH": "/bin", "XDG_DATA_HOME": str(tmp_path / "none")}
    assert good("data", "list", "-q", env=elsewhere).startswith("nothing")


def test_registered_tables_are_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("HONE_DATA", str(tmp_path / "kept"))
    rows = tmp_path / "a.csv"  # every type, values that look like others, what would be missing in a file
    rows.write_text("id,when,code,flag,text,x\n" + "".join(
        f"{i},2024-01-{i % 28 + 1:02d},{'00' + str(i % 3) if i % 5 else ''},{'true' if i % 2 else 'false'},"
        f"{'row number ' + str(i)},{i / 7 if i % 4 else ''}\n" for i in range(60)))
    kept = as_json("data", "register", "a", rows)
    assert as_json("data", "diff", rows, "data://a")["same_rows"] is True
    assert as_json("data", "head", "data://a", "-n", "3")["rows"] == as_json("data", "head", rows, "-n", "3")["rows"]
    again = as_json("data", "register", "a", "data://a")
    assert not again["new"] and again["hash"] == kept["hash"]
    assert as_json("data", "sql", "select count(*) n from 'data://a' where x is null")["data"] == [{"n": 15}]
    later = as_json("data", "register", "a", "--sql", f"from '{rows}' limit 20")
    assert as_json("data", "describe", "data://a")["rows"] == 20
    pinned = f"data://a@{kept['version'][:5]}"
    good("train", pinned, "--target", "flag", "--model", "baseline", "-o", tmp_path / "m.hone", "-q")
    shown = as_json("show", tmp_path / "m.hone")
    whole = f"data://a@{kept['version']}"
    assert shown["lineage"]["source"] == whole and shown["recipe"]["data"]["path"] == whole
    good("train", "data://a", "--target", "flag", "--model", "baseline", "-o", tmp_path / "m.hone", "-q")
    assert as_json("show", tmp_path / "m.hone")["lineage"]["source"] == f"data://a@{later['version']}"
    assert "no table is registered as 'b'" in refused(3, "data", "head", "data://b")
    assert "has no version 0000" in refused(3, "data", "head", "data://a@0000")
    assert "names no version" in refused(2, "data", "head", "data://a@")
    assert "is no name" in refused(2, "data", "head", "data://../a")
    file = tmp_path / "kept" / "a" / f"{later['version']}.arrow"
    file.write_bytes((tmp_path / "kept" / "a" / f"{kept['version']}.arrow").read_bytes())
    assert "no longer holds" in refused(3, "data", "describe", "data://a")
    file.unlink()
    assert "are gone" in refused(3, "data", "head", "data://a")
