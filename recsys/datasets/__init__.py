"""Readers of public data sets, where their bytes come from, and a simulated short-video platform."""
