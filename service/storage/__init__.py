"""The store: SQLAlchemy Core on SQLite or PostgreSQL.

Read `tables` (what there is), `store` (reading and writing), then one module for each noun. Every query function takes
a connection, so its caller says what belongs to one transaction.
"""
