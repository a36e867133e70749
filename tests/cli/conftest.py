"""What the tests of the program share."""

import pytest

from program import FAST, PENGUINS, good


@pytest.fixture(scope="session")
def penguins():
    return PENGUINS


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model of the penguins; not to be written to."""
    path = tmp_path_factory.mktemp("model") / "penguins.hone"
    good("train", PENGUINS, "--target", "species", "-o", path, "--quiet", *FAST)
    return path
