"""For all Python tests: threads that wait must not spin while tests share the cores."""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
