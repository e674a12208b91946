"""Events, tracks, media and deliveries in a database: SQLite by default, PostgreSQL by URL."""
