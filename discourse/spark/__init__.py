"""The walk on Apache Spark: sources, passages and counts come in, the same tables and models go out of a cluster."""
