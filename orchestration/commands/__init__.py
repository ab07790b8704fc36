"""The command line `cartwright`, and all that it prints."""
