"""Enhanced fan-out: registered consumers, and the records that are pushed to them."""
