"""Ingest: from files, data sets or the store to checked Parquet tables in the workspace.

Read `sources` (where rows come from), `batch` (what each hands on), `checks` and `kinds` (what a good row is), `settle`
(repeats and order), and `run` (the step).
"""
