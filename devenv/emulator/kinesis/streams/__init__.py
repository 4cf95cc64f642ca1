"""Streams and their shards: made, changed, split, merged, tagged, listed and deleted."""
