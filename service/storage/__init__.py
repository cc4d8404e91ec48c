"""The store: tables and the queries on them."""
