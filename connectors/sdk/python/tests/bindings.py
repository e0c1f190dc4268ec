"""The contract's types for tests without a component, and the SDK on the path."""

import subprocess
import sys
import tempfile
from pathlib import Path

SDK = Path(__file__).resolve().parent.parent
# Removed with the process.
_folder = tempfile.TemporaryDirectory()
subprocess.run(
    [sys.executable, SDK / "build.py", "--wit", SDK.parents[2] / "wit", "--bindings", _folder.name], check=True, timeout=60
)
sys.path[:0] = [_folder.name, str(SDK)]
