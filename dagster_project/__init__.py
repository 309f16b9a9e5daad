"""Wiring of Tenure: what runs, when and with which resources. Business rules live in `dbt/`, `ml/`, `expectations/`."""
