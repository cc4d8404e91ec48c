"""The library: tags and behaviour in, ranked videos with reasons out. No web, no database.

Read in this order: `schema` (tables and array types), `interactions` (events, videos and profiles as arrays),
`tags` (tags as vectors), `models` (what scores), `ranking` (a whole request),
`evaluation` (how good), `bundle` (on disk).
"""
