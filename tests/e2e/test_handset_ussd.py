# SPDX-License-Identifier: AGPL-3.0-or-later
"""The menus by a dialled code at the simulated phone: whole reports, pages, languages, what is lost."""
import re
import sqlite3

import pytest
import requests
from gateway import Gateway

# TS 23.038 6.2.1 and 6.2.1.1: the default alphabet; what needs an escape takes two septets.
GSM7 = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = "\f^{}\\[~]|€"


def octets(text):
    """What a page takes on the air, without padding (TS 23.038 6.1.2.3)."""
    if all(c in GSM7 or c in EXTENSION for c in text):
        return (sum(1 + (c in EXTENSION) for c in text) * 7 + 7) // 8
    return len(text.encode("utf-16-be"))


def options(text):
    """The keys and what stands behind them."""
    return dict(re.findall(r"^(\d+) (.*)$", text, re.M))


class Handset:
    """One number: what it dials and answers, the page that is shown."""

    def __init__(self, line, number):
        self.line, self.number = line, number
        self.page, self.last = None, True

    def post(self, **said):
        return requests.post(f"{self.line.url}/handset/{self.number}/ussd", json=said, timeout=40)

    def show(self, answer):
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert set(page) == {"text", "last"}
        assert 0 < octets(page["text"]) <= 160, page
        self.page, self.last = page["text"], page["last"]
        return self.page

    def dial(self, code="*140#"):
        return self.show(self.post(code=code))

    def answer(self, text):
        assert not self.last
        return self.show(self.post(reply=text))

    def has_more(self):
        return re.search(r"^#", self.page, re.M)

    def choose(self, words):
        """Press the key in front of these words, on this page or one behind it."""
        for _ in range(20):
            for key, label in options(self.page).items():
                if re.search(words, label):
                    return self.answer(key)
            assert self.has_more(), f"no {words!r} on {self.page!r}"
            self.answer("#")
        raise AssertionError(f"no {words!r} in twenty pages")


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("ussd")) as it:
        yield it


def reference_in(text):
    return re.search(r"\b(\d{3} \d{3} \d)\b", text).group(1).replace(" ", "")


def report_of(line, reference):
    return next(r for r in line.reports() if r["reference"] == reference)


# -- whole conversations


def test_a_whole_report_by_keys(line):
    phone = Handset(line, "0613000001")
    assert "Den Haag" in phone.dial()
    phone.choose("^Melden")
    phone.choose("Container")
    phone.choose("Vol")
    assert not phone.last
    said = phone.answer("Spui 70")
    while not phone.last:
        assert phone.has_more(), phone.page
        said += phone.answer("#")
    assert "Spui 70" in said
    report = report_of(line, reference_in(said))
    assert report["category"] == "container-full"
    assert phone.post(reply="1").status_code == 409
    assert line.messages(phone.number) == []  # all was said on the phone


def test_a_report_and_its_status_by_their_codes(line):
    phone = Handset(line, "0613000002")
    assert "Waar" in phone.dial("*140*1*1*2#")
    said = phone.answer("Spui 70 container kapot")
    if not phone.last:  # something like it is known here already
        said = phone.choose("Nee, nieuwe melding")
    while not phone.last:
        said += phone.answer("#")
    reference = reference_in(said)
    assert f"*140*2*{reference}#" in re.sub(r"\s", "", said)
    assert report_of(line, reference)["category"] == "container-broken"

    page = phone.dial(f"*140*2*{reference}#")
    assert reference_in(page) == reference
    assert "Spui 70" in page


def test_words_do_what_they_do_in_a_text(line):
    phone = Handset(line, "0613000003")
    phone.dial()
    page = phone.answer("lantaarn kapot grote markt 3")
    assert "antaarn" in page


# -- pages


def test_a_long_list_is_paged_and_its_numbers_stay(line):
    phone = Handset(line, "0613000004")
    phone.dial("*140*1*7#")
    phone.choose("^Afval")
    pages = [phone.page]
    while phone.has_more():
        pages.append(phone.answer("#" if len(pages) % 2 else "98"))
    assert len(pages) >= 3
    keys = [int(key) for page in pages for key in options(page)]
    keys = [key for key in keys if key != 0]
    assert keys == list(range(1, len(keys) + 1))
    assert len(keys) == 18  # as menus/categories.yaml has them
    assert phone.answer("0") == pages[-2]
    assert phone.answer("#") == pages[-1]
    label = options(pages[0])["1"]
    assert label in phone.answer("1")  # of a page that is not shown


def test_zero_on_the_first_page_goes_back_and_two_start_over(line):
    phone = Handset(line, "0613000005")
    first = phone.dial()
    phone.choose("^Melden")
    what = phone.page
    phone.choose("Container")
    assert options(phone.answer("0")) == options(what)
    assert options(phone.answer("00")) == options(first)


# -- languages


def test_the_language_changes_and_stays(line):
    phone = Handset(line, "0613000006")
    phone.dial()
    phone.choose("language")
    assert "English" in phone.choose("English")
    assert "Report" in phone.dial()
    assert "report line" in line.say(phone.number, "HELP")[0]


@pytest.mark.parametrize("language,alphabet", [
    ("TÜRKÇE", "default"), ("POLSKI", "default"), ("العربية", "UCS-2")])
def test_a_report_in_other_languages(line, language, alphabet):
    phone = Handset(line, "06130001" + f"{octets(language):02}")
    phone.dial()
    phone.answer(language)
    pages = [phone.dial("*140*1#"), phone.answer("1"), phone.answer("1"),
             phone.answer("Weimarstraat 42")]
    while not phone.last:
        pages.append(phone.answer("#" if phone.has_more() else "2"))
    reference = re.search(r"\*140\*2\*(\d{7,})#", "".join(pages)).group(1)
    assert report_of(line, reference)["category"] == "container-full"
    if alphabet == "default":
        assert all(c in GSM7 + EXTENSION for page in pages for c in page)
    else:
        assert re.search("[\u0621-\u064a]{3}", pages[0])
        assert octets(pages[0]) == 2 * len(pages[0])


# -- what is not as it should be


@pytest.mark.parametrize("code", ["*141#", "*1401#", "*#06#", "140"])
def test_another_code_is_told_which_works(line, code):
    answer = Handset(line, "0613000007").post(code=code)
    assert answer.status_code == 422
    assert "*140#" in answer.json()["error"]


def test_a_page_is_answered_in_a_session_only(line):
    answer = Handset(line, "0613000008").post(reply="1")
    assert answer.status_code == 409
    assert "*140#" in answer.json()["error"]


def test_any_answer_gets_a_page(line):
    phone = Handset(line, "0613000009")
    phone.dial()
    for text in ["*", "#" * 182, "9" * 100, "\u202e\u0639", "\x01\x1b[2J", "😀", "' OR 1=1", "98"]:
        if phone.last:
            phone.dial()
        phone.answer(text)
    assert phone.post(reply="x" * 183).status_code == 422


def test_a_lost_session_goes_on_where_it_stopped(line):
    phone = Handset(line, "0613000010")
    phone.dial("*140*1*1*1#")
    assert "Wij gaan verder" in phone.dial()
    said = phone.answer("Weimarstraat 44")
    assert not phone.last or reference_in(said)


def test_a_lost_session_goes_on_by_text(tmp_path):
    with Gateway(tmp_path) as line:
        phone = Handset(line, "0613000011")
        phone.dial("*140*1*1*1#")
        line.advance(150)
        texts = [m["text"] for m in line.messages(phone.number, wait=10)]
        assert len(texts) == 1
        assert "per sms" in texts[0] and "Waar" in texts[0]
        assert "Dank u" in line.say(phone.number, "Weimarstraat 42")[0]
        assert len(line.reports()) == 1


def test_a_session_does_not_outlive_the_line_and_the_conversation_does(tmp_path):
    with Gateway(tmp_path) as line:
        phone = Handset(line, "0613000012")
        phone.dial("*140*1*1*1#")
        line.kill()
        line.start()
        assert phone.post(reply="Weimarstraat 42").status_code == 409
        phone.dial()
        said = phone.answer("Weimarstraat 42")
        while not phone.last:
            said += phone.answer("#")
        assert [r["reference"] for r in line.reports()] == [reference_in(said)]


def test_what_takes_too_long_comes_by_text(tmp_path):
    with Gateway(tmp_path) as line:
        phone = Handset(line, "0613000013")
        phone.dial("*140*1*1*1#")
        lock = sqlite3.connect(line.database, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        page = phone.answer("Weimarstraat 42")
        assert phone.last
        assert "sms" in page
        lock.execute("ROLLBACK")
        lock.close()
        texts = [m["text"] for m in line.messages(phone.number, wait=20)]
        assert len(texts) == 1
        assert [r["reference"] for r in line.reports()] == [reference_in(texts[0])]


def test_many_dial_at_once(line):
    """Each has its own pages, whatever the order in which they come."""
    said = [("1", "Container is vol"), ("2", "Container is kapot")]
    phones = [(Handset(line, f"06132000{i:02}"), *said[i % 2]) for i in range(20)]
    for phone, _, _ in phones:
        phone.dial("*140*1*1#")
    for phone, key, category in reversed(phones):
        assert category in phone.answer(key)
    for phone, _, category in phones:
        assert category in phone.dial()  # goes on where it was
