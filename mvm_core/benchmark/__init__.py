"""The speed record: every part of a reading timed in one process run, against the usual stack as well."""

from mvm_core.benchmark.record import Benchmark, run_benchmark

__all__ = ["Benchmark", "run_benchmark"]
