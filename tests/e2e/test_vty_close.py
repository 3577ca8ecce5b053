# SPDX-License-Identifier: AGPL-3.0-or-later
"""A terminal that goes gives its descriptors back once each: the number may be another thread's file by then.

Where the line cannot part them (fcntl refuses F_DUPFD_CLOEXEC) there is one EBADF a terminal here."""
import re
import shutil

import pytest
from gateway import Gateway


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_terminal_that_goes_closes_no_descriptor_twice(tmp_path):
    trace = tmp_path / "trace"
    with Gateway(tmp_path / "line", wrap=("strace", "-D", "-f", "-e", "trace=close", "-o", str(trace))) as line:
        for _ in range(3):
            line.vty("show version")
        assert "meldlijn" in line.vty("show version").lower()
        assert line.stop() == 0
    closes = re.findall(r"close\((\d+)\) += (\S+ ?\S*)", trace.read_text())
    assert sum(result.startswith("0") for _, result in closes) > 8
    assert not [close for close in closes if "EBADF" in close[1]]
