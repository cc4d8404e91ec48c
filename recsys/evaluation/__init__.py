"""How good a list is. Read `metrics`, `folds`, `splits`, `cold_splits`, `significance`, `compare`, then `report`."""
