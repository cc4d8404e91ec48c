"""Jobs that find tags, done by workers.

Read `queue` (taking, keeping and ending jobs), `material` (what a job looks at), `tagger` (from that to tags), `outbox`
and `delivery` (callbacks), and `worker`, which puts them together.
"""
