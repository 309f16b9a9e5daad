"""The simulated operator: people first, then what thirteen systems record of them, badly. Free of Dagster.

Everything here is made up. `delivery.write_telecom_inbox` is the entry; `systems/` holds one writer a system.
"""
