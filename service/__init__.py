"""The HTTP service: ranked videos with reasons, over SQLAlchemy tables and a memory-mapped bundle."""
