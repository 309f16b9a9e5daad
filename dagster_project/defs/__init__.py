"""Definitions only, in the order of the flow: sources, transform, quality, ml, activation, publish, automation."""
