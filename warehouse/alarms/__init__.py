"""What somebody must be told: of the house, of its feeds, of a study, each with its page of the runbook."""
