"""The dbt project as Dagster sees it: manifests, builds, tests, lineage."""
