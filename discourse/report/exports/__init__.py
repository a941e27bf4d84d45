"""Tables and a topic model come in, files that other tools read go out: Excel, CSV, gensim, MALLET, R, BibTeX."""
