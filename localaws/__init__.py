"""AWS on this machine, for development and tests: ministack, and what it lacks.

Nothing in the site imports this package. What only the emulator has proved is not proved on AWS.
"""
