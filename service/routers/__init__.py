"""The routes of the HTTP API, one noun a module.

A handler is `async def`, reads the store where it stands (another thread would cost more) and awaits its writes.
"""
