"""Hand-made gold texts and metadata of the seeds, and what must hold of them."""
