"""The `tagreel` command: one file a verb."""
