"""A synthetic hospital that writes its raw feeds at any size, and beside them the truth.

plan (who the patients are) -> render (what records such patients leave) -> dirt (how those records really arrive)
-> write (files and database); derivable.py says what the protocol's rules must find in what was delivered.
Imports nothing else of the project: the feeds are its only interface.
"""
