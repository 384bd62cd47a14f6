"""What a connection inherits from the socket it came by, so that slow readers cost little."""

import socket
from collections.abc import Callable

from rewind_gql.cli.serve import listen
from rewind_gql.settings import Settings


def test_a_connection_that_nobody_reads_holds_little_and_not_for_long(
    settings: Callable[..., Settings],
) -> None:
    with listen(settings(port=0)) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            gone_after_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            unsent = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)

    assert (gone_after_ms, unsent) == (60_000, 128 * 1024)
