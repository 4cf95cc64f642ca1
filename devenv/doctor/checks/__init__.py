"""The checks, in the order in which they are shown: from this machine outwards. Listed, not
scanned for."""

from devenv.doctor.checks import (
    aws_cli,
    clock,
    credentials,
    disk,
    endpoint,
    function,
    image,
    invocations,
    lag,
    leftovers,
    mapping,
    model_versions,
    packages,
    ports,
    predictions,
    proxy,
    python,
    region,
    registry,
    role,
    sizing,
    state,
    streams,
)
from devenv.doctor.examination import Check

CHECKS: tuple[Check, ...] = (
    *(python, packages, disk, state, ports, leftovers, proxy, aws_cli),
    *(endpoint, credentials, region, clock),
    *(streams, registry, model_versions),
    *(function, image, sizing, mapping, lag, invocations, role, predictions),
)
