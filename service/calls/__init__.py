"""What Tagreel's client is made of; `service.client` is where to begin.

`call` is one request, `errors` what may come of it, `exchange` how it is repeated, `operation` how one description
serves both clients, `batches` and `pages` what takes several requests. A module for each part of the API, and
`operations`, are written by `docs/client.py` from the OpenAPI document.
"""
