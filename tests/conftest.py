"""For all Python tests: peers' threads must not spin while they wait, as tests share the cores."""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
