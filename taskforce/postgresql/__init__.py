"""Django's PostgreSQL backend, whose every transaction says for whom it asks."""
