"""The recipes of the docs run as they stand."""

import re

import pytest

from program import ROOT, as_json

PAGES = "".join((ROOT / "docs" / name).read_text() for name in ("RECIPE.md", "EVALUATION.md"))
RECIPES = re.findall(r"^```yaml\n(.*?)^```", PAGES, re.M | re.S)


def test_there_are_recipes():
    assert len(RECIPES) >= 4


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_of_the_docs_trains(recipe, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe)
    done = as_json("train", "--recipe", path, "-o", tmp_path / "m.hone", cwd=ROOT)
    assert done["rows"] == 344
    assert (tmp_path / "m.hone").stat().st_size > 0
