"""How good a list is: `splits`, `metrics`, `significance`, and `compare`, which puts methods side by side."""
