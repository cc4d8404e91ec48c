"""The offline steps: ingest, join, train, evaluate, publish; and the command line that runs them."""
