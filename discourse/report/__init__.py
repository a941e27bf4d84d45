"""Tables come in; whatever leaves the house goes out."""
