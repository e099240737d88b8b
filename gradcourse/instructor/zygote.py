"""The process that has torch loaded and forks one child an answer; it runs no student code.

    python -P -m gradcourse.instructor.zygote CONTROL SETTINGS

The grader passes each answer's channel over the socket CONTROL. When the child ends, needs too
much memory, or the grader says stop, everything that the child started is killed.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from gradcourse.instructor import kernel

# also folders that are closed, or a thousand deep
EMPTY = """for folder; do
find "$folder" -mindepth 1 -type d ! -perm -700 -exec chmod u+rwx {} \\; 2>/dev/null
find "$folder" -mindepth 1 -delete 2>/dev/null
done"""
STORED = 64 * 2**20  # bytes of all files of an answer


class Zygote:
    """Forks, watches and cleans up after one answer at a time.

    Args:
        control: where jobs come from.
        settings: uid (or None), own_world (it is in a pid namespace of its own), folder (the
            only writable one).
    """

    def __init__(self, control: socket.socket, settings: dict[str, Any]):
        self.control, self.uid = control, settings["uid"]
        self.folders = [Path(folder) for folder in settings["folders"]]
        # in such a namespace process 1 is bwrap and this is its child
        self.own_world = bool(settings["own_world"]) and os.getppid() == 1 and os.getpid() < 10
        self.pages = resource.getpagesize()

    def serve(self, namespace: dict[str, Any]) -> None:
        """Takes jobs until the grader is gone."""
        while True:
            message, (*channels,), _, _ = socket.recv_fds(self.control, 65536, 1)
            if not message:
                return
            if channels:  # a stop that came too late brings none
                job = json.loads(message)
                pid = os.fork()
                if pid == 0:
                    self._child(channels[0], job, namespace)
                os.close(channels[0])
                ended = self._watch(pid, job["memory"])
                self._kill()
                clean = self._clean()
                self.control.send(json.dumps({**ended, "closing": not clean}).encode())
                if not clean:
                    return

    def _watch(self, pid: int, memory: int) -> dict[str, Any]:
        handle, own, peak = os.pidfd_open(pid), kernel.pages("self"), 0
        watched: list[Any] = [self.control, handle]
        try:
            while True:
                ready, _, _ = select.select(watched, [], [], 0.1)
                if handle in ready:
                    _, status = os.waitpid(pid, 0)
                    return {"status": os.waitstatus_to_exitcode(status), "peak": peak}
                if ready:
                    if self.control.recv(65536) == b"gone":  # its end may take a moment to show
                        select.select([handle], [], [], 1.0)
                    found, status = os.waitpid(pid, os.WNOHANG)
                    ended = None if not found else os.waitstatus_to_exitcode(status)
                    return {"status": ended, "peak": peak}
                running = kernel.descendants(os.getpid())
                peak = max(peak, sum(max(kernel.pages(p) - own, 0) for p in running) * self.pages)
                if peak > memory:
                    return {"status": "memory", "peak": peak}
                if not self.own_world and sum(map(kernel.stored, self.folders)) > STORED:
                    return {"status": "files", "peak": peak}
        finally:
            os.close(handle)

    def _kill(self) -> None:
        """Ends whatever an answer started: also what has left its group and its parents."""
        end = time.monotonic() + 20
        while True:
            if self.own_world:
                _kill_everybody()
            for pid in kernel.descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:  # nobody is left: orphans come to the subreaper
                return
            if time.monotonic() > end:
                os._exit(1)  # what is left dies with its namespace, or is seen by the instructor
            time.sleep(0.001)

    def _as_other(self, action: Any) -> None:
        pid = os.fork()
        if pid == 0:
            try:
                signal.alarm(20)
                self._become_other()
                action()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)

    def _become_other(self) -> None:
        if self.uid is not None:
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)

    def _clean(self) -> bool:
        """Removes what outlives processes: files, keys, shared memory; False if some stays."""
        if self.uid is not None or self.own_world:  # else the keys are the grader's own, too
            self._as_other(kernel.forget_keys)
        if self._shared():
            self._as_other(lambda: kernel.remove(self._shared()))
        if any(next(folder.iterdir(), None) for folder in self.folders):
            self._as_other(
                lambda: os.execv("/bin/sh", ["sh", "-c", EMPTY, "sh", *map(str, self.folders)])
            )
        return not self._shared() and not any(
            next(folder.iterdir(), None) for folder in self.folders
        )

    def _shared(self) -> list[tuple[str, int]]:
        """What an answer left in shared memory and queues, where nobody else has such."""
        if self.own_world:
            return kernel.shared()
        return [] if self.uid is None else kernel.shared(self.uid)

    def empty(self) -> None:
        """Removes what is in the writable folders."""
        for folder in self.folders:
            for entry in folder.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink()

    def _child(self, channel: int, job: dict[str, Any], namespace: dict[str, Any]) -> None:
        """Becomes the answer's process, and never returns."""
        try:
            os.setsid()
            os.dup2(channel, 3)
            nothing = os.open(os.devnull, os.O_RDWR)
            for standard in (0, 1, 2):
                os.dup2(nothing, standard)
            os.closerange(4, 4096)
            os.chdir(self.folders[0])
            kernel.own_keys()
            kernel.set_limits(job)
            self._become_other()
            kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
            from gradcourse.instructor.worker import Worker, settle

            settle()
            Worker(socket.socket(fileno=3), namespace).serve()
            os._exit(0)
        except BaseException:
            os._exit(70)


def _kill_everybody() -> None:
    """SIGKILL to all that this process may signal; only in a process namespace of its own."""
    if os.getppid() == 1 and os.getpid() < 10:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)


def main() -> None:
    """Loads what answers need, tells the grader, and takes jobs."""
    control, settings = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    kernel.control(kernel.PR_SET_DUMPABLE, 0)  # answers may not look into it
    kernel.control(kernel.PR_SET_CHILD_SUBREAPER, 1)
    import gradcourse
    import gradcourse.instructor.worker  # now, so that each child has it

    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(settings["prelude"], namespace)
    gradcourse.digits()  # loads scikit-learn
    zygote = Zygote(control, settings)
    zygote.empty()  # matplotlib keeps a list of fonts
    control.send(b"ready")
    zygote.serve(namespace)


if __name__ == "__main__":
    main()
