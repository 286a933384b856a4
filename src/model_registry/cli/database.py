"""The commands ``db upgrade``, ``db check`` and ``db sql``: the schema of a SQL store."""
