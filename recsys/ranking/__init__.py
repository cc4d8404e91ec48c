"""A whole request: candidates, filters, scores, re-ranking, reasons."""
