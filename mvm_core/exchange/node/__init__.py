"""A DICOM node: films in, results out (needs requirements-clinic.txt)."""

from mvm_core.exchange.node.service import Node, run_node

__all__ = ["Node", "run_node"]
