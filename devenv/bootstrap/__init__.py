"""The steps that make the system on an endpoint, whatever is behind it; `steps.run` takes them all.

Each step is idempotent and says what it found or made, so a half-done bootstrap is finished by
the next one.
"""
