"""Tests against a real emulator and a real MLflow server, shared by all of them."""
