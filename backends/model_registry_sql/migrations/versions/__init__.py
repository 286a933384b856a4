"""One module a revision; once released, it is never changed."""
