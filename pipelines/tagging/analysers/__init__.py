"""One analyser a file, each with its config and a function that loads it; `registry` lists them in their order."""
