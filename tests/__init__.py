"""The tests; `tests.servers` and `tests.statements` serve the benchmarks too."""
