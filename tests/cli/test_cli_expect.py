"""Expectations of a table: said, checked, and checked before training."""
import json

import pytest
from program import FAST, PENGUINS, as_json, good, refused, run

TABLE = "id,age,plan,phone,shop,a,b\n" + "".join(
    f"{i},{20 + i % 40},{'basic' if i % 3 else 'plus'},+49{i},{i % 4},{i},{i + 1}\n" for i in range(60))
EXPECT = """
rows: {min: 50, max: 100}
columns:
  id:    {unique: true, type: integer}
  age:   {type: number, min: 18, max: 70, missing: 0}
  plan:  {values: [basic, plus]}
  phone: {match: '^[0-9+]+$'}
  shop:  {in: 'shops.csv:id'}
  extra: {required: false}
keys: [[id, plan]]
checks: ['b > a', 'age * 2 < 200']
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "shops.csv").write_text("id,name\n0,x\n1,y\n2,z\n3,w\n")
    (tmp_path / "e.yaml").write_text(EXPECT)
    return tmp_path


def test_all_is_well(folder):
    assert "as expected" in good("data", "validate", "t.csv", "--expect", "e.yaml", cwd=folder)


@pytest.mark.parametrize("old, new, rule, count, row", [
    ("\n3,23,", "\n2,23,", "unique", 1, 4),
    ("\n5,25,", "\n5,7,", "range", 1, 6),
    ("\n5,25,", "\n5,,", "missing", 1, None),
    ("\n5,25,basic", "\n5,25,Basic", "values", 1, 6),
    ("+497,", "call me,", "match", 1, 8),
    ("+496,2,", "+496,9,", "in", 1, 7),
    (",8,9\n", ",8,1\n", "checks", 1, 9),
    ("id,age", "nr,age", "required", 1, None),
])
def test_what_is_wrong(folder, old, new, rule, count, row):
    text = TABLE.replace(old, new, 1)
    assert text != TABLE
    (folder / "t.csv").write_text(text)
    if rule == "required":
        (folder / "e.yaml").write_text("columns: {id: {unique: true}}")
    done = run("data", "validate", "t.csv", "--expect", "e.yaml", "--json", cwd=folder)
    said = json.loads(done.stdout)
    assert done.returncode == 3 and not said["valid"]
    found = {f["rule"]: f for f in said["failures"]}
    assert found[rule]["count"] == count and found[rule].get("row") == row


@pytest.mark.parametrize("text, message", [
    ("colums: {}", "line 1, column 1: there is no such section 'colums'; did you mean 'columns'"),
    ("columns: {age: {mn: 3}}", "there is no parameter 'mn'"),
    ("checks: ['age + 1']", "is no condition"),
    ("checks: ['agee > 1']", "agee"),
    ("[1, 2]", "sections"),
])
def test_files_that_are_not_understood(folder, text, message):
    (folder / "e.yaml").write_text(text)
    assert message in refused(3, "data", "validate", "t.csv", "--expect", "e.yaml", cwd=folder)


def test_a_table_meets_what_is_written_of_it(tmp_path):
    (tmp_path / "e.json").write_text(good("data", "expect", PENGUINS))
    assert as_json("data", "validate", PENGUINS, "--expect", tmp_path / "e.json")["valid"]


def test_before_training(folder):
    words = ("train", PENGUINS, "--target", "species", *FAST, "-o", "m.hone", "--expect", "p.yaml")
    (folder / "p.yaml").write_text("columns: {year: {min: 2000, max: 2010}}")
    good(*words, cwd=folder)
    (folder / "p.yaml").write_text("columns: {year: {min: 2008}, body_mass_g: {max: 1}}")
    assert "column 'year' is below 2008" in refused(3, *words, cwd=folder)


@pytest.mark.parametrize("rules, rule, what", [
    ("min: 3", "range", "holds no numbers but category values"), ("match: '^a'", None, None), ("match: '^b'", "match", "does not match '^b'")])
def test_rules_for_texts_under_any_name(folder, rules, rule, what):
    """A name that no expression can write has rules too, and one that the type cannot keep is not passed over."""
    (folder / "t.csv").write_text("the `name`,n\n" + "a,1\nab,2\n" * 20)
    (folder / "e.yaml").write_text(f"columns: {{'the `name`': {{{rules}}}}}")
    done = run("data", "validate", "t.csv", "--expect", "e.yaml", "--json", cwd=folder)
    found = json.loads(done.stdout)["failures"]
    assert [f["rule"] for f in found] == ([rule] if rule else []) and (rule is None or what in found[0]["text"])


def test_a_pattern_is_for_numbers_too(folder):
    """As they print: what the reader took for a number is matched like any text."""
    (folder / "e.yaml").write_text("columns: {age: {match: '^[2-5][0-9]$'}, shop: {match: '^[0-2]$'}}")
    done = run("data", "validate", "t.csv", "--expect", "e.yaml", "--json", cwd=folder)
    (failure,) = json.loads(done.stdout)["failures"]
    assert (failure["rule"], failure["column"], failure["count"], failure["row"]) == ("match", "shop", 15, 4)


def test_numbers_and_times_as_people_write_them(tmp_path):
    (tmp_path / "t.csv").write_text("n,share,day,word\n" + "".join(
        f"{i % 3},0.5,2020-01-{1 + i % 28:02d},w{i % 2}\n" for i in range(30)))
    validate = lambda text: ((tmp_path / "e.yaml").write_text(text), json.loads(run(  # noqa: E731
        "data", "validate", "t.csv", "--expect", "e.yaml", "--json", cwd=tmp_path).stdout))[1]
    assert validate("columns: {n: {values: [0, 1, 2]}, share: {values: [0.5]}, day: {min: 2020-01-01, max: 2020-01-28},"
                    " word: {values: [w0, w1]}}")["valid"]
    found = validate("columns: {n: {values: [0, 1.0]}, day: {min: '2020-01-03', max: 2020-01-10}, word: {min: 1}}")
    assert [(f["rule"], f["column"], f["count"]) for f in found["failures"]] == [
        ("values", "n", 10), ("range", "day", 22), ("range", "word", 1)]
    assert "outside of 2020-01-03 to 2020-01-10" in found["failures"][1]["text"]
    (tmp_path / "e.yaml").write_text("columns: {day: {min: soon}}")
    assert "write one, such as 2024-01-31" in refused(3, "data", "validate", "t.csv", "--expect", "e.yaml", cwd=tmp_path)
    (tmp_path / "e.json").write_text(good("data", "expect", "t.csv", cwd=tmp_path))
    assert json.loads((tmp_path / "e.json").read_text())["columns"]["day"]["max"] == "2020-01-28"
    assert as_json("data", "validate", "t.csv", "--expect", "e.json", cwd=tmp_path)["valid"]


def test_keys_of_several_columns_in_another_file(tmp_path):
    (tmp_path / "orders.csv").write_text("customer,plan,n\n1,a,5\n1,b,6\n2,b,7\n2,c,8\n3,a,9\n,a,1\n")
    (tmp_path / "plans.csv").write_text("plan,id\na,1\nb,1\nb,2\na,4\n")

    def validate(places):
        (tmp_path / "e.yaml").write_text(f"keys: [{{columns: [customer, plan], in: '{places}'}}]")
        return json.loads(run("data", "validate", "orders.csv", "--expect", "e.yaml", "--json", cwd=tmp_path).stdout)

    found = validate("plans.csv:id,plan")["failures"]
    assert [(f["rule"], f["count"], f["row"]) for f in found] == [("in", 2, 4)]  # 2,c and 3,a; a missing one is no key
    assert "a key is not in plans.csv:id,plan" in found[0]["text"]
    assert validate("orders.csv:customer,plan")["valid"]
    for places in ("plans.csv", "plans.csv:id", "plans.csv:id,plan,id", "plans.csv:id,", "plans.csv:id,other", "no.csv:a,b"):
        (tmp_path / "e.yaml").write_text(f"keys: [{{columns: [customer, plan], in: '{places}'}}]")
        text = refused(3, "data", "validate", "orders.csv", "--expect", "e.yaml", cwd=tmp_path)
        assert "FILE:COLUMN,COLUMN" in text or "other" in text or "no.csv" in text
    (tmp_path / "e.yaml").write_text("keys: [{columns: [customer]}]")
    assert "a key is a list of columns, or" in refused(3, "data", "validate", "orders.csv", "--expect", "e.yaml", cwd=tmp_path)


def test_rules_are_listed():
    text = good("data", "validate", "--rules")
    for rule in ("missing", "unique", "values", "match", "required", "keys", "checks"):
        assert rule in text
    assert "--expect" in refused(2, "data", "validate", PENGUINS)
