"""What arrives: contracts of the feeds, the landing zone, readers, validation, ledger and quarantine."""
