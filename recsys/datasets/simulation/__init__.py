"""Parts of the simulated short-video platform, to read in this order.

`config` (its size and strengths), `taxonomy` (tags), `catalogue` (videos), `audience` (viewers), `world` (all three),
`policy` (what is shown, and how likely that was), `behaviour` (what viewers do with it), `slates` and `unfold` (a
block of time), `platform` (the clock); then `arrow`, `entities`, `records` and `writer` (as tables).
"""
