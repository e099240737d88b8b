"""Starts JupyterHub with the instructor guide's configuration, on loopback, and speaks to it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import websocket

PASSWORD = "shared-by-the-test"
ROOT = Path(__file__).parents[2]
PROXY = ROOT / ".venv/npm/node_modules/.bin"  # where .ci/run puts configurable-http-proxy

# What the test changes in the guide's configuration: ports, and no PAM.
FOR_THE_TEST = """
load_subconfig({config!r})
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {password!r}
"""
WITHOUT_UNIX_USERS = """
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
"""


def path() -> str:
    """A PATH with this Python's programs and the proxy."""
    return f"{Path(sys.executable).parent}:{PROXY}:{os.environ['PATH']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def can_add_users() -> bool:
    """Whether the test may add Unix users inside a mount namespace of its own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, timeout=10)
    return tried.returncode == 0


def namespace(folder: Path, users: dict[str, int]) -> str:
    """A shell command for a mount namespace where `users` exist; the machine keeps its own.

    What they need and could not reach, such as a Python below /root, is mounted into an
    empty copy of the closed folder.
    """
    lines = {"passwd": "{0}:x:{1}:{1}::{2}/{0}:/bin/sh\n", "group": "{0}:x:{1}:\n"}
    steps = []
    for name, line in lines.items():
        added = [line.format(user, number, folder / "homes") for user, number in users.items()]
        added += ["instructors:x:7100:\n"] * (name == "group")
        (folder / name).write_text(Path("/etc", name).read_text() + "".join(added))
        steps.append(f"mount --bind {folder / name} /etc/{name}")
    needed = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, ROOT)}
    closed = {up for p in needed for up in p.parents if not up.stat().st_mode & 0o001}
    for number, outer in enumerate(sorted(closed, key=lambda up: len(up.parts))[:1]):
        kept = folder / f"kept{number}"
        kept.mkdir()
        steps += [f"mount --bind {outer} {kept}", f"mount -t tmpfs -o mode=755 tmpfs {outer}"]
        for inner in sorted(p for p in needed if outer in p.parents):
            steps.append(f"mkdir -p {inner}")
            steps.append(f"mount --bind {kept / inner.relative_to(outer)} {inner}")
    return " && ".join(steps)


@contextlib.contextmanager
def running(folder: Path, course: Path, config: Path, users: dict[str, int]) -> Iterator[str]:
    """A hub with the guide's configuration; gives its address."""
    ports = {"port": free_port(), "hub_port": free_port(), "api_port": free_port()}
    text = FOR_THE_TEST.format(config=str(config), password=PASSWORD, **ports)
    command = ["jupyterhub", "-f", str(folder / "test_config.py")]
    for user, number in users.items():
        home = folder / "homes" / user
        home.mkdir(parents=True, mode=0o700)
        if can_add_users():
            os.chown(home, number, number)
    if can_add_users():
        mounts = namespace(folder, users)
        command = ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh", *command]
    else:
        text += WITHOUT_UNIX_USERS.format(homes=str(folder / "homes"))
    (folder / "test_config.py").write_text(text)
    environment = os.environ | {"GRADCOURSE_HOME": str(course), "PATH": path()}
    environment.pop("JUPYTERHUB_API_TOKEN", None)
    with (folder / "log").open("w") as log:
        hub = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{ports['port']}"
    try:
        wait_for(lambda: requests.get(f"{address}/hub/health", timeout=5).ok, folder, hub)
        yield address
    finally:
        hub.terminate()
        hub.wait(30)


def wait_for(ready: Any, folder: Path, hub: subprocess.Popen[bytes] | None = None) -> None:
    """Waits a minute at most until `ready()` is true."""
    end = time.monotonic() + 60
    while time.monotonic() < end and (hub is None or hub.poll() is None):
        with contextlib.suppress(requests.RequestException):
            if ready():
                return
        time.sleep(0.3)
    raise AssertionError("the hub did not get ready:\n" + (folder / "log").read_text()[-4000:])


class Student:
    """A logged-in student's browser, as far as the test needs one."""

    def __init__(self, hub: str, name: str, folder: Path) -> None:
        self.hub, self.name, self.folder = hub, name, folder
        self.session = requests.Session()
        self.session.get(f"{hub}/hub/login", timeout=30)
        form = {"username": name, "password": PASSWORD, "_xsrf": self._xsrf("/hub/")}
        self.session.post(f"{hub}/hub/login", data=form, timeout=60)
        wait_for(lambda: "/user/" in self.get("lab").url and self.get("api/status").ok, folder)

    def _xsrf(self, path: str) -> str:
        found = [c.value for c in self.session.cookies if (c.name, c.path) == ("_xsrf", path)]
        return str(found[0]) if found else ""

    def get(self, path: str, user: str = "") -> requests.Response:
        address = f"{self.hub}/user/{user or self.name}/{path}"
        return self.session.get(address, timeout=30)

    def send(self, verb: str, path: str, content: Any) -> Any:
        """The answer to a request that changes something."""
        address = f"{self.hub}/user/{self.name}/{path}"
        headers = {"X-XSRFToken": self._xsrf(f"/user/{self.name}/")}
        answer = self.session.request(verb, address, json=content, headers=headers, timeout=60)
        assert answer.ok, answer.text[:500]
        return answer.json()

    def _connect(self, path: str) -> websocket.WebSocket:
        """A WebSocket; tried again, as JupyterLab does, while the kernel does not answer."""
        address = f"{self.hub}/{path}".replace("http", "ws", 1)
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.session.cookies)
        for _ in range(4):
            with contextlib.suppress(websocket.WebSocketException, OSError):
                return websocket.create_connection(
                    address, cookie=cookies, origin=self.hub, timeout=30
                )
        log = (self.folder / "log").read_text()
        raise AssertionError(f"no WebSocket in four tries at {path}:\n{log[-4000:]}")

    def run(self, notebook: str, code: str) -> str:
        """What `code` prints in a kernel of the notebook."""
        wanted = {"path": notebook, "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
        kernel = self.send("POST", "api/sessions", wanted)["kernel"]["id"]
        wire = self._connect(f"user/{self.name}/api/kernels/{kernel}/channels")
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "x"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        wire.send(json.dumps({**message, "channel": "shell"}))
        printed: str = ""
        while True:
            answer = json.loads(wire.recv())
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            printed += str(answer["content"].get("text", answer["content"].get("evalue", "")))
            if answer["content"].get("execution_state") == "idle":
                wire.close()
                return printed
