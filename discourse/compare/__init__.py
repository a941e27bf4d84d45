"""Shares and metadata come in; differences between groups go out."""
