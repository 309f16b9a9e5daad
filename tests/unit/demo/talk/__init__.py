"""The part of the simulated operator in which people talk: contact centre, web site, surveys, and their words."""
