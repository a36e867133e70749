"""Trained models and running servers, made once for several tests."""
import pytest

from serving import Server, train, write_flowers


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Paths of trained models by name; not to be written to."""
    home = tmp_path_factory.mktemp("models")
    table = write_flowers(home / "flowers.csv")
    small = ["--set", "n_estimators=20"]
    made = {
        "flowers": train(table, "kind", home / "flowers.hone", "--model", "gbdt", *small),
        "inverse": train(
            write_flowers(home / "inverse.csv", flip=True), "kind", home / "inverse.hone",
            "--model", "gbdt", *small,
        ),
        "length": train(table, "length", home / "length.hone", "--model", "gbdt", *small),
        "both": train(table, "kind,colour", home / "both.hone", "--model", "gbdt", *small),
    }
    return made


@pytest.fixture
def serve(tmp_path):
    """serve(model, ..., env={...}) starts servers that end with the test."""
    running = []

    def start(*words, env=None):
        running.append(Server(*words, env=env, folder=tmp_path))
        return running[-1]

    yield start
    for server in running:
        server.kill()


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    """One for tests that only ask. At its end it stops as it should."""
    one = Server(
        models["flowers"], models["length"], "--max-body", "100000",
        folder=tmp_path_factory.mktemp("serve"),
    )
    yield one
    assert one.stop() == 0, one.log()
    assert one.log() == ""
    one.kill()
