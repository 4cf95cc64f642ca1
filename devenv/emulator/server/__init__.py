"""The server that LocalStack is reached through: LocalStack's own, with a quicker way in.

`kinesis_connection` reads each connection first and answers the requests of Kinesis's JSON API
itself; a connection that asks for anything else becomes LocalStack's. `http_requests` is the part
of HTTP that this takes, `flow_control` keeps clients from filling the memory, `runtime_server` is
where LocalStack loads it. Who may ask at all is decided in `devenv.emulator.door`.
"""
