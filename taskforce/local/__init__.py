"""A whole office on one machine: PostgreSQL, Valkey, web and worker, started and watched by `./run`.

Nothing here imports Django, so the supervisor stays small and can speak before the settings are valid.
"""
