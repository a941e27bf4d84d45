"""The payload of a run comes in, figures for a paper go out: SVG, from which PNG and PDF are made, with captions."""
