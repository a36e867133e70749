"""hone plot: every kind in every form, the same numbers in each, and refusals that name the column."""

import json
import re

import pytest

from program import PENGUINS, good, refused, run

COLUMNS = {"scatter": "--x bill_length_mm --y bill_depth_mm --color species", "line": "--x year --y body_mass_g",
           "area": "--x year --y body_mass_g --color sex", "hist": "--x body_mass_g --color species",
           "kde": "--x body_mass_g --color species", "ecdf": "--x body_mass_g", "qq": "--x body_mass_g",
           "box": "--x species --y body_mass_g", "violin": "--x species --y body_mass_g",
           "bar": "--x island --color species", "heatmap": "--x island --y species", "corr": "",
           "pair": "--color species", "missing": ""}


@pytest.mark.parametrize("kind", COLUMNS)
def test_kinds(kind, tmp_path):
    words = ("plot", kind, PENGUINS, *COLUMNS[kind].split())
    svg = good(*words)
    assert svg.startswith("<svg xmlns=") and svg.endswith("</svg>\n") and "NaN" not in svg and "nan" not in svg
    for ending in ("svg", "html", "json"):
        good(*words, "-o", tmp_path / f"p.{ending}")
    assert (tmp_path / "p.svg").read_text() == svg
    assert "<figure" in (tmp_path / "p.html").read_text()
    spec = json.loads((tmp_path / "p.json").read_text())
    assert spec["$schema"].endswith("v5.json") and ("layer" in spec or "concat" in spec)


def test_numbers():
    """A histogram's bars hold every row; a bar chart counts them."""
    spec = json.loads(good("plot", "hist", PENGUINS, "--x", "body_mass_g", "--bins", "7", "--json"))
    bars = spec["layer"][0]["data"]["values"]
    assert len(bars) == 7 and sum(bar["y"] - bar.get("low", 0) for bar in bars) == 342
    spec = json.loads(good("plot", "bar", PENGUINS, "--x", "species", "--json"))
    assert {bar["x"]: bar["y"] for bar in spec["layer"][0]["data"]["values"]} == {
        "Adelie": 152, "Gentoo": 124, "Chinstrap": 68}


def test_facets():
    svg = good("plot", "hist", PENGUINS, "--x", "body_mass_g", "--facet", "species", "--title", "By <kind>")
    assert len(re.findall('class="name"', svg)) == 3 and "By &lt;kind&gt;" in svg
    assert "1e" not in good("plot", "scatter", PENGUINS, "--x", "body_mass_g", "--y", "year", "--log", "x")


def test_png(tmp_path):
    done = run("plot", "box", PENGUINS, "--x", "species", "--y", "body_mass_g", "-o", tmp_path / "p.png")
    if done.returncode == 4 and "librsvg" in done.stderr:
        pytest.skip("no librsvg is here (scripts/setup test installs it)")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("code, words, said", [
    (2, "scatter --x year", "--y"), (2, "hist --x year --y year", "--y"), (2, "cake --x year", "hist"),
    (3, "hist --x species", "species"), (3, "hist --x yeer", "year"), (3, "bar --x body_mass_g", "body_mass_g")])
def test_refusals(code, words, said):
    kind, *flags = words.split()
    assert said in refused(code, "plot", kind, PENGUINS, *flags)
