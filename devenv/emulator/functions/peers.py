"""Which process is at the other end of a connection on this machine.

On Linux the kernel is asked for that one socket (sock_diag): listing them all, as psutil does, took
8 ms, a fifth of a small function's cold start.
"""

import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

import psutil

Address = tuple[str, int]

SOCK_DIAG, BY_FAMILY, REQUEST = 4, 20, 1
HEADER, QUERY, ADDRESSES = "=IHHII", "=BBBBI", "!HH16s16s"
NO_COOKIE = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
"""Of any interface."""
OWNER_AT = 16 + 4 + 48 + 12
"""Where uid and inode stand in the answer: behind nlmsghdr and the most of inet_diag_msg."""
ALL_STATES = 0xFFFFFFFF


@dataclass(frozen=True)
class Socket:
    """The other end's socket, as the kernel knows it."""

    uid: int
    inode: int


def find(peer: Address, here: Address) -> Socket | None:
    """The socket at `peer` that is connected to `here`; None if it's gone.

    Raises `OSError` where the kernel can't be asked: on macOS, say.
    """
    addresses = struct.pack(
        ADDRESSES, peer[1], here[1], socket.inet_aton(peer[0]), socket.inet_aton(here[0])
    )
    query = struct.pack(QUERY, socket.AF_INET, socket.IPPROTO_TCP, 0, 0, ALL_STATES)
    body = query + addresses + NO_COOKIE
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        raise OSError("This system has no netlink.")
    with socket.socket(family, socket.SOCK_DGRAM, SOCK_DIAG) as kernel:
        kernel.settimeout(1)
        kernel.send(struct.pack(HEADER, 16 + len(body), BY_FAMILY, REQUEST, 1, 0) + body)
        answer = kernel.recv(4096)
    if len(answer) < OWNER_AT + 8 or struct.unpack_from("=H", answer, 4)[0] != BY_FAMILY:
        return None
    return Socket(*struct.unpack_from("=II", answer, OWNER_AT))


def holds(process: psutil.Process, peer: Address, here: Address) -> bool:
    """Whether `process` has the end `peer` of a connection to `here`."""
    try:
        found = find(peer, here)
    except OSError:
        return _lists(process, peer, here)
    return found is not None and _has(process, found)


def _has(process: psutil.Process, found: Socket) -> bool:
    link = f"socket:[{found.inode}]"
    folder = f"/proc/{process.pid}/fd"
    try:
        for name in os.listdir(folder):  # noqa: PTH208
            with suppress(FileNotFoundError):
                if os.readlink(f"{folder}/{name}") == link:  # noqa: PTH115
                    return True
    except PermissionError:
        # Of another account, whose files even root may not see in a container: the account tells.
        with suppress(psutil.Error):
            return found.uid == process.uids().effective != os.geteuid()
    except OSError:
        return False
    return False


def _lists(process: psutil.Process, peer: Address, here: Address) -> bool:
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(
        connection.laddr
        and connection.raddr
        and connection.raddr.port == here[1]
        and connection.laddr.port == peer[1]
        # As sockets that take IPv6 as well (Java's) name an IPv4 address.
        and connection.laddr.ip.removeprefix("::ffff:") == peer[0]
        for connection in connections
    )
