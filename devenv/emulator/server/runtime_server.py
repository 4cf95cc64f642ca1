"""LocalStack's server behind the guard and `kinesis_connection`, listening where it was told to."""

import os
from typing import Any

from localstack import config
from localstack.aws.serving.twisted import TLSMultiplexerFactory
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor, ssl

from devenv.emulator import localstack_seams
from devenv.emulator.door.guard import Guard
from devenv.emulator.door.site import GuardedResource
from devenv.emulator.function_port import server as function_port
from devenv.emulator.function_port.choice import PORT_VARIABLE, chosen_backend
from devenv.emulator.kinesis.provider import kinesis
from devenv.emulator.mapping.history.running import feed
from devenv.emulator.server.event_stream import WithEvents
from devenv.emulator.server.kinesis_connection import ConnectionFactory


class RuntimeServer(TwistedRuntimeServer):
    """Loaded by LocalStack, by GATEWAY_SERVER=devenv."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen at every address of `listen`. LocalStack's own takes the port of all interfaces,
        so that anyone in the network could use the emulator."""
        guard = Guard.from_environment(os.environ, os.environ["DEVENV_EMULATOR_HOST"])
        site = TwistedGateway(gateway)
        site.resource = GuardedResource(guard, WithEvents(feed(), site.resource))
        factory: Any = site
        if ssl_creds:
            certificate, key = ssl_creds
            context = ssl.DefaultOpenSSLContextFactory(key, certificate)
            context.getContext().use_certificate_chain_file(certificate)
            factory = TLSMultiplexerFactory(context, False, factory)
        localstack_seams.apply(localstack_seams.HTTP2)
        if port := int(os.environ.get(PORT_VARIABLE, "0")):
            function_port.listen(reactor, listen[0].host, port, guard, chosen_backend)
        connections = ConnectionFactory(factory, kinesis, reactor.callLater, guard.knows_host)
        for address in listen:
            kind = (
                endpoints.TCP6ServerEndpoint
                if config.is_ipv6_address(address.host)
                else endpoints.TCP4ServerEndpoint
            )
            kind(reactor, address.port, interface=address.host).listen(connections)
