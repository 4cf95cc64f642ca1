"""`devenv bench`: how fast an endpoint is at this project's work, and beside it a peer.

`rates` measures Kinesis alone, `rides` the way from put to prediction.
`subject` makes what is measured: streams, function and mapping of the bench's own, removed
again. `peers` starts other emulators in throw-away folders. `run` puts it together, turn by turn;
`figures` holds the results and their ratios.
"""
