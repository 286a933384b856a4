"""Runs the migrations on a given connection, or writes them as SQL; Alembic executes it."""

from alembic import context

_given = context.config.attributes
_place = _given["place"]
_options = {
    "version_table": _place.version_table,
    "version_table_schema": _place.schema,
    "transactional_ddl": True,
}

if context.is_offline_mode():
    context.configure(dialect_name=_given["dialect"], literal_binds=True, **_options)
else:
    context.configure(connection=_given["connection"], **_options)

with context.begin_transaction():
    context.run_migrations(place=_place)
