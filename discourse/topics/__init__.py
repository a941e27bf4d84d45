"""Tokens come in; a topic model and the topic shares of documents go out."""
