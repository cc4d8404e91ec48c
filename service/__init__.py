"""The HTTP service: ranks videos for viewers, takes in events, videos and tags. Knows `recsys`, never `pipelines`.

Read in this order: `app` (how it is put together), `settings`, `live` and `sync` (what it ranks with), `recommending`
(one request from start to end), `routers` (the HTTP API), `schemas` (its bodies), `storage` (the store).
"""
