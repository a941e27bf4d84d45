"""Numbers come in; quotable passages go out."""
