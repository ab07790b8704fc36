"""Statistics as pure functions of tables and vectors."""
