"""HTTP on loopback: one file a noun, one gate for every route, one shape for every error."""
