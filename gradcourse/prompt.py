"""A Jupyter server that sends each message at once: `make lab` starts it so.

Without it the network holds a small message back until the browser has acknowledged the one
before (Nagle's algorithm, RFC 896), and the browser takes up to 40 ms to acknowledge (RFC 1122,
§4.2.3.2). A slider's picture follows a short "busy" message, and so it is late. With Jupyter:

    jupyter lab --ServerApp.kernel_websocket_connection_class=gradcourse.prompt.PromptConnection
"""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Between a page and its kernel, as Jupyter's own, with TCP_NODELAY set."""

    def connect(self) -> Any:
        """Sets the option and goes on as Jupyter does."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
