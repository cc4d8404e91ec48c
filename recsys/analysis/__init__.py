"""How good the tags are. Read tagged first (who said what), then coverage, demand, audiences, redundancy, suspects.

Then expectation, ablation and leakage; audit asks all of them, page shows it.
"""
