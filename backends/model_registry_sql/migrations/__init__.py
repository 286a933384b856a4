"""The schema's history, as Alembic runs it; ``model_registry_sql.migrating`` is the way in."""
