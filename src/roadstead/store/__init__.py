"""Events, tracks, media and deliveries in a database: SQLite by default, PostgreSQL by URL.

`roadstead.store.store.Store` is the door; nothing else outside this folder needs SQLAlchemy.
"""
