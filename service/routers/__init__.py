"""The routes of the HTTP API, one noun a module.

A handler is `async def`, reads the store where it stands (another thread would cost more) and awaits its writes. It
gets the state of its caller's tenant through a gate, which says what the caller must be allowed: `service.auth.gates`.
"""
