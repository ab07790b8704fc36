"""Great Expectations suites, thin: what must hold of what arrives (raw) and of what leaves (adam, results).

No rule of the protocol may live here, only promises about tables. Imports only warehouse.
"""
