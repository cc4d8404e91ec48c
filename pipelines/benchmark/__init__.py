"""Benchmarks: time and memory of the pipeline beside the bare engines that do the same work."""
