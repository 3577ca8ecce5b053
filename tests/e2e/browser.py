# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chromium without a screen, and what every page of the console must hold.

    with Browser(tmp_path) as browser:
        browser.sign_in(line, "anna")           # by keyboard
        browser.open(line.url + "/console/reports")
        browser.check("reports")                # axe-core in light and dark, 320 px wide, pictures if SCREENSHOTS is set
        browser.press(Keys.TAB, Keys.ENTER)

Set SCREENSHOTS=DIR to keep pictures: NAME-light.png, NAME-dark.png, NAME-small.png.
"""
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
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1280,900", "--autoplay-policy=no-user-gesture-required"]


def axe_source():
    if not AXE.exists():
        made = subprocess.run(["make", "-s", f"BUILD={BINARY.resolve().parent}", str(AXE)], cwd=ROOT,
                              capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, "axe-core is not there: " + made.stderr
    return AXE.read_text()


def axe(driver, rules=None):
    """What axe-core has against the page as it is, by all rules or some: a list of (rule, element, why)."""
    driver.execute_script(axe_source() + "\nwindow.axe = axe;")
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: {type: arguments[0], values: arguments[1]}, resultTypes: ['violations']})"
        ".then(r => done(JSON.stringify(r.violations)), e => done(JSON.stringify([{id: String(e), nodes: []}])));",
        "rule" if rules else "tag", rules or TAGS)
    found = json.loads(result)
    return [(v["id"], n["html"], n.get("failureSummary")) for v in found for n in v["nodes"] or [{"html": ""}]]


class Browser:
    def __init__(self, directory, flags=()):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        self.profile = pathlib.Path(directory) / "chromium"
        for flag in [*FLAGS, *flags, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": "nl"})
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

    def tab_to(self, css, most=200):
        """Press Tab until this element has the focus: no mouse could have been needed."""
        wanted = self.find(css)
        for _ in range(most):
            if self.focused() == wanted:
                return wanted
            self.press(Keys.TAB)
        raise AssertionError(f"Tab does not come to {css}")

    def leave_page(self, *keys):
        """Press keys that load another page, and wait for it."""
        self.run("window.wasHere = true")
        self.press(*keys)
        self.until(lambda: self.run("return window.wasHere === undefined && document.readyState === 'complete'"))

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
        import base64
        folder = pathlib.Path(self.shots)
        folder.mkdir(parents=True, exist_ok=True)
        png = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (folder / f"{name}.png").write_bytes(base64.b64decode(png["data"]))

    def check(self, name):
        """No violation in light and dark; nothing to scroll sideways at 320 px (WCAG 2.2, 1.4.10)."""
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            self.scheme(scheme)
            found = axe(self.driver, rules)
            assert found == [], f"{name} in {scheme}: {found}"
            self.picture(f"{name}-{scheme}")
        self.scheme("light")
        self.width(320)
        wide = self.run("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= 320, f"{name} is {wide[0]} px wide on a screen of 320"
        assert axe(self.driver) == [], f"{name}, small"
        self.width(360)
        self.picture(f"{name}-small")
        self.width(None)
