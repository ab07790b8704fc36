"""Who is who, and the secret of the pseudonyms."""
