"""Tables and models come in; a run folder with its manifest goes out, and back."""
