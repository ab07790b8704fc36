"""What leaves: what is shown of it, the last look, the switch, and what is read of it later."""
