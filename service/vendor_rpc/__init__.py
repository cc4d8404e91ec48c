"""Alibaba Cloud VOD's own form of the API, so that its clients work with nothing but the address changed.

Read `errors` (its error bodies), `signatures` (its two schemes), `gate` (who is let in), `route` (every answer has its
form), `parameters` (what is said of a job or a callback) and `actions`.
"""
