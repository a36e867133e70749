"""For all Python tests."""
import os
import signal

# Peers' threads must not spin while they wait, as tests share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A shell starts its background jobs with the interrupt ignored, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
