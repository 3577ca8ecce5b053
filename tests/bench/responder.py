# SPDX-License-Identifier: AGPL-3.0-or-later
"""The least that an SMS daemon needs to answer: each text that it puts into its inbox is answered by
a text in its outbox. It waits by inotify, because starting a program for each text would measure that.

    responder.py gammu|smstools INBOX OUTBOX
"""
import ctypes
import os
import pathlib
import re
import struct
import sys

IN_CLOSE_WRITE, IN_MOVED_TO = 0x8, 0x80
ANSWER = "U hebt geen lopende meldingen. Iets melden? Stuur MELD."


def answer_gammu(inbox, outbox, name, n):
    """IN20261124_101112_00_+31611112222_00.txt is answered by OUTA20260101_000000_00_+31611112222_0.txt."""
    found = re.fullmatch(r"IN\d+_\d+_\d+_(\+?\d+)_\d+\.txt", name)
    if not found:
        return False
    text = outbox / f"wait{n}"
    text.write_text(ANSWER)
    text.rename(outbox / f"OUTA20260101_000000_{n % 100:02d}_{found[1]}_{n}.txt")
    return True


def answer_smstools(inbox, outbox, name, n):
    """A text has its sender in its head, without the plus."""
    try:
        head = (inbox / name).read_text("latin-1")
    except OSError:
        return False
    found = re.search(r"^From: (\d+)$", head, re.M)
    if not found:
        return False
    text = outbox.parent / f"wait{n}"
    text.write_text(f"To: {found[1]}\n\n{ANSWER}\n")
    text.rename(outbox / f"answer{n:06d}")
    return True


def names(fd):
    """Names of files as they are finished, without end."""
    while True:
        events = os.read(fd, 65536)
        at = 0
        while at < len(events):
            _, _, _, size = struct.unpack_from("iIII", events, at)
            yield events[at + 16:at + 16 + size].split(b"\0")[0].decode()
            at += 16 + size


def main():
    kind, inbox, outbox = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    answer = {"gammu": answer_gammu, "smstools": answer_smstools}[kind]
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_CLOEXEC)
    if libc.inotify_add_watch(fd, str(inbox).encode(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    print("ready", flush=True)
    seen = set()
    for name in names(fd):
        if name not in seen and answer(inbox, outbox, name, len(seen)):
            seen.add(name)


if __name__ == "__main__":
    main()
