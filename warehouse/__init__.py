"""The store: settings, feed contracts and ingestion, quarantine, identities, hospital, studies, checks, releases.

Nothing clinical may live here (that is SQL, in sql/), and nothing of Dagster. Imports none of our other packages.
"""
