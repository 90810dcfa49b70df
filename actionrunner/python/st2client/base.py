"""For scripts that make their client as StackStorm's command line does."""

from st2client.client import Client

__all__ = ["BaseCLIApp"]


class BaseCLIApp:
    def get_client(self, args=None, debug=False):
        given = {name: getattr(args, name, None) for name in ("base_url", "auth_url", "api_url", "stream_url", "token")}
        return Client(debug=debug, **given)
