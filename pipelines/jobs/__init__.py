"""Jobs that find tags, done by workers.

Read `queue` (taking, keeping and ending jobs), `material` (what a job looks at), `tagger` (from that to tags), `outbox`
and `delivery` (callbacks), `worker`, which puts them together for one store, and `shift`, which works for all tenants.
"""
