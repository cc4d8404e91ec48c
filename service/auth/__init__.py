"""Who may do what: keys, viewers' tokens, limits of requests, and tenants that never meet.

Read `keys` (what a key is), `ring` (which are valid now), `viewer_tokens`, `rate_limits`, `places` (where a tenant's
store and bundles are), `tenants` (those that are open), `access` (from a request's headers to its caller), `gates`,
which routes declare, and `gated_route`, which makes sure that they do.
"""
