"""Great Expectations suites, thin: what must hold of what arrives (raw) and of what leaves (adam, mart). Imports only warehouse."""
