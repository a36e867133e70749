"""For all Python tests."""
import os
import signal

# Peers' threads must not spin while they wait, as tests share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A shell starts its background jobs with the interrupt ignored, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """HONE_TEST_FIRST=1: of each parametrised test its first case alone, for builds in which everything takes long."""
    if os.environ.get("HONE_TEST_FIRST") != "1":
        return
    first = {}
    for item in items:
        if "test_bad_input" not in item.nodeid:
            first.setdefault(item.nodeid.split("[")[0], item)
    others = [item for item in items if "test_bad_input" not in item.nodeid and item not in first.values()]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
