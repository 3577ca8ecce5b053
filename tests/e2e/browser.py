# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chromium without a screen, and what every page of the console must hold.

    def test_reports(line, browser):            # conftest.py: one Chromium for all cases, a new tab for each
        browser.enter(Clerk(line, "anna"))      # signed in already; browser.sign_in(line, "anna") does it by keyboard
        browser.open(line.url + "/console/reports")
        browser.check("reports")                # axe-core in light and dark, 320 px wide, pictures if SCREENSHOTS is set
        browser.tab_to("#words")                # by Tab; where the focus is must be seen there
        browser.press("lamp", Keys.ENTER)

Set SCREENSHOTS=DIR to keep pictures: NAME-light.png, NAME-dark.png, NAME-small.png.
"""
import base64
import functools
import json
import os
import pathlib
import subprocess

from console import PASSWORD
from gateway import BINARY, ROOT
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

AXE = BINARY.resolve().parent / "axe/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # all that a dark page can have that a light one has not
WAIT_S = 20
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-features=PreloadTopChromeWebUI",
         "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1280,900", "--autoplay-policy=no-user-gesture-required",
         # a microphone that beeps, allowed without asking
         "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
# How many Tabs it takes at least, so that they are pressed at once: what has stops of its own within counts as one.
BETWEEN = """
const here = document.activeElement, follows = Node.DOCUMENT_POSITION_FOLLOWING;
return [...document.querySelectorAll('a[href], button, input:not([type=radio]), select, textarea, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility() && here.compareDocumentPosition(e) & follows
        && e.compareDocumentPosition(arguments[0]) & follows).length;
"""

# A clerk sees where the focus is: a ring, in the window, with nothing upon it (WCAG 2.2, 2.4.7 and 2.4.11).
SEEN = """
const e = document.activeElement, style = getComputedStyle(e), box = e.getClientRects()[0];
if (!box || !e.matches(':focus-visible'))
    return 'has no focus to be seen';
if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2)
    return 'has no ring: ' + style.outline;
const x = box.left + Math.min(box.width / 2, 9), y = box.top + Math.min(box.height / 2, 9);
if (x < 0 || y < 0 || x > innerWidth || y > innerHeight)
    return `is not in the window: ${x}, ${y}`;
const there = document.elementFromPoint(x, y);
return there && (e.contains(there) || there.contains(e)) ? '' : 'is under ' + (there && there.outerHTML.slice(0, 200));
"""


@functools.cache
def axe_source():
    if not AXE.exists():
        made = subprocess.run(["make", "-s", f"BUILD={BINARY.resolve().parent}", str(AXE)], cwd=ROOT,
                              capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, "axe-core is not there: " + made.stderr
    return AXE.read_text()


def axe(driver, rules=None, besides=()):
    """What axe-core has against the page as it is, by all rules, some, or all but some: a list of (rule, element, why)."""
    if not driver.execute_script("return Boolean(window.axe)"):
        driver.execute_script(axe_source() + "\nwindow.axe = axe;")  # takes as long as a run of it: once in a page
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: {type: arguments[0], values: arguments[1]}, rules: arguments[2],"
        " resultTypes: ['violations']})"
        ".then(r => done(JSON.stringify(r.violations)), e => done(JSON.stringify([{id: String(e), nodes: []}])));",
        "rule" if rules else "tag", rules or TAGS, {name: {"enabled": False} for name in besides})
    found = json.loads(result)
    return [(v["id"], n["html"], n.get("failureSummary")) for v in found for n in v["nodes"] or [{"html": ""}]]


class Browser:
    def __init__(self, directory, **prefs):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        self.profile = pathlib.Path(directory) / "chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": "nl", **prefs})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)
        self.shots = os.environ.get("SCREENSHOTS")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind and self.shots:
            self.picture("failed")
        self.driver.quit()

    def anew(self):
        """A new tab instead of the old one, which nobody is signed in at."""
        old = self.driver.current_window_handle
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.switch_to.new_window("tab")
        new = self.driver.current_window_handle
        self.driver.switch_to.window(old)
        self.driver.close()
        self.driver.switch_to.window(new)

    # -- looking

    def open(self, url):
        self.driver.get(url)

    def until(self, true, why=None):
        """Ask the page again until it is so; what true() says."""
        return WebDriverWait(self.driver, WAIT_S, poll_frequency=0.05).until(lambda _: true(), why)

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css="main"):
        return self.find(css).text

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    # -- by keyboard alone

    def press(self, *keys):
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    def seen(self):
        """A clerk sees where the focus is."""
        why = self.run(SEEN)
        assert not why, f"{self.focused().get_attribute('outerHTML')[:200]} {why}"

    def tab_to(self, css, most=200):
        """Press Tab until this element has the focus: no mouse could have been needed."""
        wanted = self.find(css)
        between = self.run(BETWEEN, wanted)
        if between:
            self.press(Keys.TAB * between)
        for _ in range(most):
            if self.focused() == wanted:
                self.seen()
                return wanted
            self.press(Keys.TAB)
        raise AssertionError(f"Tab does not come to {css}")

    def leave_page(self, *keys):
        """Press keys that load another page, and wait for it."""
        self.run("window.wasHere = true")
        self.press(*keys)
        self.until(lambda: self.run("return window.wasHere === undefined && document.readyState === 'complete'"))

    def enter(self, clerk):
        """Signed in as this Clerk is, by the cookies that it has."""
        for cookie in clerk.session.cookies:
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": cookie.name, "value": cookie.value,
                                                              "url": clerk.line.url, "path": cookie.path, "httpOnly": True})

    def sign_in(self, line, name, password=PASSWORD):
        self.driver.delete_all_cookies()
        self.open(line.url + "/console/sign-in")
        self.tab_to("#name")
        self.press(name)
        self.tab_to("#password")
        self.press(password)
        self.leave_page(Keys.ENTER)

    # -- what every page must hold

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def width(self, pixels):
        """None: as the window is."""
        if pixels is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                        {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": True})

    def picture(self, name):
        """Of the whole page, if pictures are kept."""
        if not self.shots:
            return
        folder = pathlib.Path(self.shots)
        folder.mkdir(parents=True, exist_ok=True)
        png = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True,
                                                                        "optimizeForSpeed": True})
        (folder / f"{name}.png").write_bytes(base64.b64decode(png["data"]))

    def check(self, name, keep=("light", "dark", "small")):
        """No violation in light, dark and at 320 px, where nothing is to scroll sideways (WCAG 2.2, 1.4.10).

        A page in another language that is not kept in the dark has no other colours there.
        """
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            if scheme == "dark" and scheme not in keep:
                continue
            self.scheme(scheme)
            found = axe(self.driver, rules)
            assert found == [], f"{name} in {scheme}: {found}"
            if scheme in keep:
                self.picture(f"{name}-{scheme}")
        self.scheme("light")
        self.width(320)
        wide = self.run("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= 320, f"{name} is {wide[0]} px wide on a screen of 320"
        found = axe(self.driver, besides=COLOURS)  # they are those of a wide one, and what costs
        assert found == [], f"{name}, small: {found}"
        if "small" in keep:
            self.picture(f"{name}-small")
        self.width(None)
