"""Alembic migrations of the store; `service.storage.migrate` runs them."""
