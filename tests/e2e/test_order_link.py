# SPDX-License-Identifier: AGPL-3.0-or-later
"""A contractor without a system of its own: the text with a link, the page behind it, and who is refused there."""
import html
import re

import pytest
import requests
from console import Clerk
from gateway import Gateway
from selenium.webdriver.common.keys import Keys
from test_contractor import NUMBER, file_report, status_of

OURS = "0611111111"
OTHER = "0622222222"


def link_line(tmp_path, more=""):
    line = Gateway(tmp_path)
    line.config.write_text(line.config.read_text().replace(
        f"http\n listen 127.0.0.1 {line.port}",
        f"contractor jan\n format link\n sms-number +31{OURS[1:]}\n{more}"
        f"http\n listen 127.0.0.1 {line.port}\n public-url {line.url}/"))
    return line


def order(line):
    """(reference, address of the page)"""
    reference = file_report(line)
    text = line.until(lambda: line.messages(OURS))[0]["text"]
    assert "Spui 70" in text and NUMBER[1:] not in text
    return reference, re.search(rf"{line.url}/order/\S+$", text).group(0)


def page(url):
    answer = requests.get(url, headers={"Accept-Language": "nl"}, timeout=10)
    assert NUMBER[1:] not in answer.text and "<script" not in answer.text
    return answer


def hidden(text):
    return {n: html.unescape(v) for n, v in re.findall(r'name="(once|seen)" value="([^"]*)"', text)}


def say(url, form=None, **fields):
    form = form if form is not None else hidden(page(url).text)
    return requests.post(url, data={**form, **fields}, headers={"Accept-Language": "nl"}, timeout=10)


def history(line, reference):
    return line.sql("SELECT e.channel, e.who, e.note FROM report_event e JOIN report r ON r.id = e.report_id "
                    "WHERE r.reference = ? ORDER BY e.id", reference)


def test_an_order_from_its_text_to_done(tmp_path):
    with link_line(tmp_path) as line:
        reference, url = order(line)
        status_of(line, reference, "forwarded")
        shown = page(url)
        assert shown.status_code == 200 and "Spui 70" in shown.text
        assert "Container is vol" in shown.text and "container-full" not in shown.text
        assert shown.headers["Referrer-Policy"] in ("same-origin", "no-referrer") and "default-src 'none'" in \
            shown.headers["Content-Security-Policy"]
        assert say(url, do="accept").url.endswith("?taken")
        assert history(line, reference)[-1] == ("link", "contractor jan", "aangenomen")
        assert "opgeslagen" in say(url, do="date", date="2027-01-11").text
        assert line.show(reference)["status"] == "planned"
        assert "11 jan" in line.until(lambda: line.messages(NUMBER)[1:])[-1]["text"]
        say(url, do="note", note="<b>sleutel</b> \"nodig\" & snel")
        assert "&lt;b&gt;sleutel" in page(url).text and "<b>sleutel" not in page(url).text
        stale = hidden(page(url).text)
        say(url, do="start")
        assert line.show(reference)["status"] == "in_progress"
        refused = say(url, form=stale, do="done")
        assert refused.status_code == 409 and "intussen veranderd" in refused.text
        assert line.show(reference)["status"] == "in_progress"
        say(url, do="done")
        assert line.show(reference)["status"] == "solved"
        done = page(url)
        assert "klaar" in done.text and "<form" not in done.text
        assert say(url, form=stale, do="start").status_code == 409


def test_the_same_form_twice_is_taken_once(tmp_path):
    with link_line(tmp_path) as line:
        reference, url = order(line)
        status_of(line, reference, "forwarded")
        form = hidden(page(url).text)
        most = 250 * "\u20ac"  # as many as the page lets anyone type
        for _ in range(3):
            assert say(url, form=form, do="note", note=most).status_code == 200
        assert sum(note == most for _, _, note in history(line, reference)) == 1


def test_who_is_refused(tmp_path):
    with link_line(tmp_path) as line:
        reference, url = order(line)
        status_of(line, reference, "forwarded")
        base, token = url.rsplit("/", 1)
        ref, until, mac = token.split(".")
        longer = f"{int(until, 16) + 86400:x}"
        other = "1" + ref[1:] if ref[0] != "1" else "2" + ref[1:]
        for forged in (f"{ref}.{longer}.{mac}", f"{other}.{until}.{mac}", f"{ref}.{until}.{mac[::-1]}",
                       f"{ref}.{until}.", f"{ref}.{until}", ref, "x" * 300, f"{ref}.{until}.{mac}x", "%00", "..%2f..%2f"):
            assert requests.get(f"{base}/{forged}", timeout=10).status_code in (400, 404)
            assert requests.post(f"{base}/{forged}", data={"do": "done"}, timeout=10).status_code in (400, 404)
        for fields in ({"do": "date", "date": "2027-02-31"}, {"do": "date"}, {"do": "close"}, {"do": "note", "note": ""},
                       {"do": "note", "note": "x" * 751}, {}):
            assert say(url, **fields).status_code == 422
        for day in ("2020-01-01", "2199-01-01"):  # over, or a slip of the keys
            refused = say(url, do="date", date=day)
            assert refused.status_code == 422 and "een dag die nog komt" in refused.text
        assert say(url, form={}, do="done").status_code == 422  # no form of ours
        assert line.show(reference)["status"] == "forwarded"
        line.advance(14 * 86400 + 60)
        assert page(url).status_code == 410
        assert say(url, form={"once": "a", "seen": "b"}, do="done").status_code == 410


def test_another_s_order_is_not_opened_any_more(tmp_path):
    with link_line(tmp_path, f"contractor piet\n format link\n sms-number +31{OTHER[1:]}\n") as line:
        reference, url = order(line)
        status_of(line, reference, "forwarded")
        form = hidden(page(url).text)
        where = f"/console/reports/{reference}"
        assert Clerk(line, "anna").submit(where, where + "/reassign", contractor="piet", words="te ver").status_code == 200
        withdrawn = line.until(lambda: line.messages(OURS)[1:])[0]["text"]
        assert "gaat niet door" in withdrawn and "te ver" in withdrawn and "/order/" not in withdrawn
        assert page(url).status_code == 404 and say(url, form=form, do="done").status_code == 404
        text = line.until(lambda: line.messages(OTHER))[0]["text"]
        theirs = re.search(rf"{line.url}/order/\S+$", text).group(0)
        assert say(theirs, do="start").status_code == 200
        assert history(line, reference)[-1][1] == "contractor piet"
        assert line.show(reference)["status"] == "in_progress"


@pytest.mark.parametrize("language, accept, taken", [("nl", "Aannemen", "Dank u"), ("en", "Accept", "Thank you")])
def test_the_page_by_keyboard_without_a_violation(tmp_path, browser, language, accept, taken):
    with link_line(tmp_path) as line:
        reference, url = order(line)
        status_of(line, reference, "forwarded")
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})
        browser.open(url)
        assert browser.run("return document.documentElement.lang") == language
        browser.check(f"order-{language}")
        assert browser.tab_to("button[value=accept]").text == accept
        browser.leave_page(Keys.ENTER)
        assert taken in browser.text("[role=status]")
        browser.check(f"order-taken-{language}")
        assert history(line, reference)[-1] == ("link", "contractor jan", "aangenomen")
        browser.open(url[:-1] + ("A" if url[-1] != "A" else "B"))
        browser.check(f"order-refused-{language}")


def test_the_link_outlives_a_restart(tmp_path):
    with link_line(tmp_path) as line:
        _, url = order(line)
        line.stop()
        line.start()
        assert page(url).status_code == 200
