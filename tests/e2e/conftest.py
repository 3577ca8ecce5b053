# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the cases are dealt out when they run side by side: tests/run-all gives pytest -n and --dist loadgroup.

Most of them wait, for a modem, a caller or a time-out, so more run at once than there are processors.
"""
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What shares a line stays together, in its order; what takes long begins first, or all would wait for it."""
    long = set()
    for item in items:
        shared = any(definition.scope == "module" for definitions in item._fixtureinfo.name2fixturedefs.values()
                     for definition in definitions)
        group = item.module.__name__ if shared else item.nodeid
        if shared:
            item.add_marker(pytest.mark.xdist_group(group))
        item.stash[GROUP] = group
        if item.get_closest_marker("long"):
            long.add(group)
    items.sort(key=lambda item: item.stash[GROUP] not in long)


GROUP = pytest.StashKey()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Its start takes as long as a whole case: one for all cases of this process."""
    from browser import Browser  # who has no Selenium runs the rest
    with Browser(tmp_path_factory.mktemp("chromium")) as it:
        yield it


@pytest.fixture
def browser(chromium, request):
    """A tab that nobody was in before, and where nobody is signed in."""
    failed = request.session.testsfailed
    yield chromium
    if request.session.testsfailed > failed:
        chromium.picture("failed-" + request.node.name)
    chromium.anew()
