"""Ingest: from files, data sets or the store to checked Parquet tables in the workspace.

Read `sources` (where rows come from), then `checks` (what a good row is), `rejects`, and `run` (the step).
"""
