"""The join: tables in, the as-of training set out. Each event meets only what was known strictly before it.

Reading order: `config`, `relational` (the part any engine runs), `engine` (DuckDB), `reading` (rows to arrays),
`arrays` and `layout` (how they lie in memory), `as_of` (the two passes over events in time order), `features`, `joined`
(what comes out), `storage`, `run` (the pipeline's step).
"""
