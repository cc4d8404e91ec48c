"""Parts of the simulated short-video platform, to read in this order.

`config` (its size and strengths), `taxonomy` (tags), `catalogue` (videos), `audience` (viewers), `policy` (what is
shown, and how likely that was), `behaviour` (what viewers do with it), `platform` (the clock), `arrow` (as tables).
"""
