"""The reference of the command line, as Cyclopts writes it of the table of commands."""

from model_registry.cli.app import app


def written() -> str:
    """Return every command and option in Markdown, below the page's own title."""
    _, commands, rest = app.generate_docs(heading_level=1).partition("**Commands**:")
    return commands + rest
