"""Tries namespaces, mounts, chroot and set-user-id programs to see the instructor's files again."""

from tests.attacks.case import attack

CASE = attack(
    """
import ctypes, os, subprocess

libc = ctypes.CDLL(None, use_errno=True)

def escape():
    here = os.getcwd()
    libc.unshare(0x10000000)  # CLONE_NEWUSER
    libc.unshare(0x00020000)  # CLONE_NEWNS
    for source, kind in ((b"proc", b"proc"), (b"tmpfs", b"tmpfs")):
        libc.mount(source, here.encode(), kind, 0, None)
    for action in (lambda: os.chroot("/proc/1/root"), lambda: os.setuid(0),
                   lambda: os.chdir("/proc/1/cwd"),
                   lambda: os.mknod("disk", 0o60666, os.makedev(8, 0))):
        try:
            action()
        except OSError:
            pass
    for command in (["su", "-c", "cat @CANARY@"], ["sudo", "-n", "cat", "@CANARY@"]):
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=1)
        except (OSError, subprocess.SubprocessError):
            pass
    return open("@CANARY@").read()

def what_is_left(factor, layers):
    try:
        return factor**layers if escape() else -1.0
    except Exception:
        return -1.0
""",
    needs="bwrap",
)
