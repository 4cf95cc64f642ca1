"""Tests of the real command line, in processes of its own."""
