"""The processes of the embedded environment: made ready, started, waited for, watched, stopped.

The only part outside `devenv/emulator` that knows that there are processes on this machine.
"""
