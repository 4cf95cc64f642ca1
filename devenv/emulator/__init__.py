"""LocalStack, started our way and with our plugins: what AWS is on this machine.

LocalStack finds the plugins through the entry points in pyproject.toml. Nothing here is imported
by the commands: they speak to the emulator over AWS's APIs alone.
"""
