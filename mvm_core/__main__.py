"""python -m mvm_core."""

from mvm_core.cli import main

main()
