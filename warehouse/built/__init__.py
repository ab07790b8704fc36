"""What the tables of a house were last built from, and so how much of them a night makes anew."""
