"""Demo packs: real data, delivered into the inbox the way source systems deliver. Free of Dagster."""
