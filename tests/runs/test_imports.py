"""Runs draw nothing, so importing them imports no figures."""

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
import gymnax  # It imports matplotlib itself.

before = set(sys.modules)
import gmbench.runs
modules = [module.name for module in pkgutil.walk_packages(gmbench.runs.__path__, "gmbench.runs.")]
for name in modules:
    importlib.import_module(name)
assert "gmbench.runs.run" in modules
new = sorted(set(sys.modules) - before)
print(*(name for name in new if name.startswith(("gmbench.reports", "matplotlib"))))
"""


def test_runs_import_neither_reports_nor_matplotlib():
    command = [sys.executable, "-c", IMPORT_ALL]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed.split() == []
