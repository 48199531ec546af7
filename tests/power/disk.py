"""A file system in a file, whose power can be cut.

Owns: the image, its mount through a loop device, and the cut: a shutdown of the file system that drops what it has not written.
Does not own: when to cut, or who has files open. The loop device is made by `mount` and goes with the mount.

A cut without a flush of the file system's own log leaves what a disk would hold that lost its power: bytes that were fsynced,
names whose directory was fsynced, and of the rest whatever part the kernel happened to have written back.
"""

import ctypes
import fcntl
import os
import random
import stat
import struct
import time

from harness.process import Failure, expect, run

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN have one number.
SHUTDOWN = 0x8004587D
# Bytes of files are dropped in both; with the first, changes of names and sizes that wait in the log are written.
FLUSH_LOG, DROP_LOG = 1, 2
SYNC_FILE_RANGE_WRITE_AND_WAIT = 7

MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-J", "size=16"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-K"],
}
# Of each file system, mount options by seed: how data and names are ordered differs.
MOUNTS = {"ext4": ["", "data=writeback", "nodelalloc", "commit=1"], "xfs": ["", "allocsize=64k", "wsync"]}
IMAGE_BYTES = 512 << 20
MOUNT_SECONDS, UNMOUNT_SECONDS = 20, 60
LOOP_CTL_GET_FREE = 0x4C82
_libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """One image, formatted and mounted."""

    def __init__(self, directory, fs, options=""):
        self.fs, self.options = fs, options
        self.image = os.path.join(directory, f"{fs}.img")
        self.mountpoint = os.path.join(directory, "disk")
        self.mounted = False

    def format(self):
        os.makedirs(self.mountpoint, exist_ok=True)
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        run([*MAKE[self.fs], self.image])

    def mount(self):
        options = ",".join(filter(None, ["loop", self.options]))
        deadline = time.monotonic() + MOUNT_SECONDS
        while True:
            _make_loop_node()
            code, _, error = run(["mount", "-t", self.fs, "-o", options, self.image, self.mountpoint], check=False)
            if code == 0:
                break
            # Others take loop devices at the same time; a file system that cannot be read stays so.
            expect(time.monotonic() < deadline, f"{self.fs} cannot be mounted with {options}: {error}")
            time.sleep(0.2)
        self.mounted = True

    def unmount(self):
        if not self.mounted:
            return
        deadline = time.monotonic() + UNMOUNT_SECONDS
        while True:
            code, _, error = run(["umount", self.mountpoint], check=False)
            if code == 0:
                break
            # The kernel closes the files of a process that was killed in its own time.
            expect(time.monotonic() < deadline, f"{self.mountpoint} is not unmounted within {UNMOUNT_SECONDS} s: {error}")
            time.sleep(0.02)
        self.mounted = False

    def shut_down(self, how=DROP_LOG):
        """From here on the file system writes nothing and every call fails."""
        handle = os.open(self.mountpoint, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", how))
        finally:
            os.close(handle)

    def write_some_back(self, chance):
        """What the kernel may do at any time: some files, or some ranges of files, are written; the rest is not."""
        for path in chance.sample(files := _files(self.mountpoint), chance.randrange(len(files) // 3 + 1)):
            try:
                handle = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                continue
            try:
                if chance.random() < 0.3:
                    os.fsync(handle)
                else:
                    size = os.fstat(handle).st_size
                    begin = chance.randrange(size + 1) & ~4095
                    _write_range(handle, begin, chance.randrange(size - begin + 1))
            finally:
                os.close(handle)

    def discard(self):
        if self.mounted:
            run(["umount", "-l", self.mountpoint], check=False)
            self.mounted = False


def _make_loop_node():
    """Where nobody makes the names of new devices, as in a container, the kernel's next free loop device may have none."""
    control = os.open("/dev/loop-control", os.O_RDWR)
    try:
        number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
    finally:
        os.close(control)
    with open(f"/sys/block/loop{number}/dev") as file:
        device = os.makedev(*map(int, file.read().split(":")))
    try:
        if not os.path.exists(f"/dev/loop{number}"):
            os.mknod(f"/dev/loop{number}", 0o600 | stat.S_IFBLK, device)
    except FileExistsError:
        pass  # Another world, or the kernel, was quicker.


def _files(directory):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(directory) for name in names)


def _write_range(handle, begin, size):
    answer = _libc.sync_file_range(handle, ctypes.c_long(begin), ctypes.c_long(size), SYNC_FILE_RANGE_WRITE_AND_WAIT)
    if answer != 0:
        raise Failure(f"sync_file_range: {os.strerror(ctypes.get_errno())}")


def can_lose(directory, fs):
    """Shows that a cut loses what was not flushed and keeps what was; a harness that loses nothing would prove nothing."""
    disk = Disk(directory, fs)
    disk.format()
    try:
        disk.mount()
        for name, durable in (("kept", True), ("lost", False)):
            handle = os.open(os.path.join(disk.mountpoint, name), os.O_CREAT | os.O_WRONLY)
            os.write(handle, random.randbytes(100000))
            if durable:
                os.fsync(handle)
                folder = os.open(disk.mountpoint, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            os.close(handle)
        disk.shut_down()
        disk.unmount()
        disk.mount()
        kept, lost = (os.path.join(disk.mountpoint, name) for name in ("kept", "lost"))
        if os.path.getsize(kept) != 100000 or (os.path.exists(lost) and os.path.getsize(lost) == 100000):
            raise Failure(f"a cut of {fs} does not lose what was not flushed, or loses what was: {os.listdir(disk.mountpoint)}")
        disk.unmount()
    finally:
        disk.discard()
        os.remove(disk.image)
