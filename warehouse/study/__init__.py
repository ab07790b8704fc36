"""A study as data: its folder, its shapes and checks, and the tables of the schema `study`."""
