"""One module per source system of the simulated operator: `write(world, out)` sends what that system delivers."""
