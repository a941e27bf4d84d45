"""Files come in; documents, edits, attributions and passages go out."""
