# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residents who dial *140#: the real binary as external USSD entity of Debian's osmo-hlr, and phones before it."""
import re

import pytest
from modem_line import unwritable
from ussd_line import CODE, City, check_pages, more, register


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    directory = tmp_path_factory.mktemp("ussd")
    path, places = register(directory, 40)
    with City(directory, register=False) as it:
        it.line.run("import", "addresses", str(path))
        it.places = iter(places)
        yield it


@pytest.fixture
def place(city):
    """An address of which nobody else has reported anything: (what is typed, how it is said)."""
    typed = next(city.places)
    return typed, f"Dorpsweg {typed.split()[1]}, Centrum"


def in_language(resident, name):
    """By the menu to another language; what is said then."""
    menu = resident.whole(resident.dial())
    names = resident.whole(resident.say(menu.key("language")))
    return resident.whole(resident.say(names.key(name)))


def filed(resident, place):
    """A report without ceremony; its reference."""
    resident.dial("*140*1*1*1#")
    return resident.whole(resident.say(place[0])).reference()


def spaced(reference):
    return f"{reference[:3]} {reference[3:6]} {reference[6:]}"


# -- a whole report

def test_a_report_in_dutch(city, place):
    resident = city.resident()
    menu = resident.whole(resident.dial())
    assert "Meldlijn Den Haag. Kies:" in menu
    what = resident.whole(resident.say(menu.key("Melden")))
    container = resident.whole(resident.say(what.key("Container")))
    where = resident.whole(resident.say(container.key("Vol")))
    assert "Container is vol. Waar?" in where
    done = resident.whole(resident.say(place[0]))
    reference = done.reference()
    assert f"Melding {spaced(reference)}: Container is vol, {place[1]}." in done and done.last
    assert resident.reports() == [reference]
    report = city.line.show(reference)
    assert (report["category"], report["place"]) == ("container-full", place[1])
    assert city.line.sql("SELECT channel FROM report WHERE reference = ?", reference) == [("ussd",)]


def test_a_report_in_turkish(city, place):
    resident = city.resident()
    assert "Bundan sonra Türkçe." in in_language(resident, "Türkçe")
    resident.phone.pages.clear()
    menu = resident.whole(resident.dial())
    what = resident.whole(resident.say(menu.key("Bildir")))
    where = resident.whole(resident.say(what.key("Sokak lambası")))
    assert "Sokak lambası. Nerede?" in where
    lamp = resident.whole(resident.say(place[0]))
    assert "Lambanın üzerindeki numara kaç?" in lamp
    done = resident.whole(resident.say(lamp.key("Eklenecek yok")))
    reference = done.reference()
    assert f"Teşekkürler. Bildirim {spaced(reference)}: Sokak lambası, {place[1]}." in done and done.last
    assert resident.reports() == [reference]
    assert city.line.sql("SELECT category, language FROM report WHERE reference = ?",
                         reference) == [("street-light", "tr")]
    status = resident.whole(resident.dial(f"*140*2*{reference}#"))
    assert f"{spaced(reference)}: Sokak lambası, {place[1]}. Alındı," in status
    assert {page.dcs for page in resident.phone.pages} == {0x0f}, "Turkish fits the default alphabet"


def test_a_report_in_arabic(city, place):
    resident = city.resident()
    assert "من الآن بالعربية." in in_language(resident, "العربية")
    menu = resident.whole(resident.dial())
    resident.phone.pages.clear()
    what = resident.whole(resident.say(menu.key("الإبلاغ")))
    container = resident.whole(resident.say(what.key("الحاوية")))
    assert "ما مشكلة الحاوية؟" in container
    where = resident.whole(resident.say("١"))  # with the digits of an Arabic keyboard
    assert "الحاوية ممتلئة. أين؟" in where
    done = resident.whole(resident.say(place[0]))
    reference = done.reference()
    assert "شكرا." in done and f"الحاوية ممتلئة، {place[1]}" in done and done.last
    assert resident.reports() == [reference]
    assert city.line.sql("SELECT category, language FROM report WHERE reference = ?",
                         reference) == [("container-full", "ar")]
    assert 0x48 in {page.dcs for page in resident.phone.pages}
    menu = resident.whole(resident.dial())
    status = resident.whole(resident.say(menu.key("بلاغاتي")))
    assert f"{reference} الحاوية ممتلئة {place[1]}" in status and "استلم" in status


def test_status_and_a_note(city, place):
    resident = city.resident()
    reference = filed(resident, place)
    status = resident.whole(resident.dial("*140*3#"))
    assert f"{spaced(reference)}: Container is vol, {place[1]}. Ontvangen" in status
    asked = resident.whole(resident.say(status.key("Toevoegen")))
    assert "Wat wilt u toevoegen" in asked
    added = resident.whole(resident.say("ook glas ernaast"))
    assert "Uw bericht staat bij melding" in added and added.last
    assert "ook glas ernaast" in [e.get("note") for e in city.line.show(reference)["history"]]


def test_the_language_is_kept(city):
    resident = city.resident()
    assert "From now on in English." in in_language(resident, "English")
    assert "Litter" in resident.whole(resident.dial("*140*1#"))
    assert city.line.sql("SELECT language FROM person WHERE number = ?", resident.number) == [("en",)]


# -- straight to a place in the menu

def test_dialled_straight_to_a_question(city):
    resident = city.resident()
    said = resident.whole(resident.dial("*140*1*3#"))
    assert "Lantaarnpaal. Waar?" in said
    assert "Wat is er mis?" not in said and "Kies:" not in said


def test_dialled_straight_to_a_report(city, place):
    resident = city.resident()
    reference = filed(resident, place)
    status = resident.whole(resident.dial(f"*140*2*{reference}#"))
    assert f"{spaced(reference)}: Container is vol, {place[1]}." in status


def test_a_stranger_may_ask_for_a_report_by_its_number(city, place):
    reference = filed(city.resident(), place)
    stranger = city.resident()
    said = stranger.whole(stranger.dial(f"*140*2*{reference}#"))
    assert spaced(reference) in said
    assert "Toevoegen" not in said, "only who reported it may add"


def test_a_path_that_leads_nowhere_still_helps(city):
    resident = city.resident()
    page = resident.dial("*140*1*77*5#")
    assert not page.last
    said = resident.whole(page)
    assert "1 Container" in said and "7 Iets anders" in said


# -- pages

def test_pages_forth_and_back(city):
    resident = city.resident()
    resident.dial()
    first = resident.say("4")  # its languages do not fit a page
    assert more(first)
    second = resident.say("#")
    assert second.text != first.text
    assert resident.say("0").text == first.text
    assert resident.say("98").text == second.text
    keys = re.findall(r"^(\d) ", first.text + "\n" + second.text, re.M)
    assert keys == list("1234567")[:len(keys)] and len(keys) >= 6, "options keep their numbers over the pages"


def test_an_option_of_the_first_page_chosen_on_the_second_and_the_other_way_round(city):
    resident = city.resident()
    resident.dial()
    assert more(resident.say("4"))
    resident.say("#")
    assert resident.say("3").text == "From now on in English."
    other = city.resident()
    other.dial()
    assert more(other.say("4"))
    assert "من الآن بالعربية." in other.whole(other.say("6"))


def test_back_in_the_dialogue_and_over_again(city):
    resident = city.resident()
    resident.dial()
    what = resident.say("1")
    resident.say("1")
    assert resident.say("0").text == what.text
    resident.say("1")
    assert "Kies:" in resident.whole(resident.say("00"))


# -- lost, and gone on with

def test_dialled_again_it_goes_on_where_it_stopped(city, place):
    resident = city.resident()
    resident.dial("*140*1*1*1#")
    resident.phone.hang_up()
    again = resident.whole(resident.dial())
    assert "Wij gaan verder." in again and "Container is vol. Waar?" in again
    done = resident.whole(resident.say(place[0]))
    assert resident.reports() == [done.reference()]


def test_lost_it_goes_on_by_sms(city, place):
    resident = city.resident()
    resident.dial("*140*1*1*1#")
    resident.phone.hang_up()
    assert resident.texts() == []
    city.line.advance(180)
    text = city.line.until(resident.texts)[0]
    assert "viel weg" in text and "sms" in text, "it says so"
    assert "Container is vol. Waar is het?" in "\n".join(resident.texts())
    answer = "\n".join(city.line.say(resident.number, place[0]))
    [reference] = resident.reports()
    assert f"Melding {spaced(reference)}: Container is vol, {place[1]}." in answer


def test_what_is_finished_is_not_reminded_of(city, place):
    resident = city.resident()
    filed(resident, place)
    other = city.resident()  # its reminder shows that the time has come
    other.dial("*140*1*1*1#")
    other.phone.hang_up()
    city.line.advance(3600)
    city.line.until(other.texts)
    assert resident.texts() == []


def test_dialled_again_while_the_first_session_is_open(city, place):
    first = city.resident()
    first.dial("*140*1*1*1#")
    second = city.msc.phone(first.imsi, first.number)
    assert "Wij gaan verder." in second.dial("*140#").text
    assert "Dank u." in second.say(place[0]).text
    assert "Dank u." not in first.say(place[0]).text
    assert len(first.reports()) == 1


def test_what_takes_too_long_is_texted(tmp_path):
    with City(tmp_path, extra="timer euse X6 1\n") as city:
        resident = city.resident()
        resident.dial("*140*1*1*1#")
        unwritable(city.line, True)
        page = resident.say("Spui 70")
        assert page.last and "antwoord per sms" in page.text
        assert resident.reports() == []
        unwritable(city.line, False)
        text = city.line.until(resident.texts)[0]
        [reference] = resident.reports()
        assert spaced(reference) in text


# -- who is it

def tells_number(resident):
    """What comes when the number was typed and is right."""
    asked = resident.dial()
    assert "mobiele nummer" in asked.text
    assert f"{resident.number}. Klopt dit?" in resident.say("0" + resident.number[3:]).text
    return resident.say("1")


def test_the_number_is_asked_once_and_kept(city, place):
    resident = city.resident(tells=False)
    assert "Kies:" in resident.whole(tells_number(resident))
    resident.phone.hang_up()
    done = filed(resident, place)
    assert resident.reports() == [done]
    assert resident.texts() == []


def test_what_was_dialled_is_done_once_the_number_is_known(city):
    resident = city.resident(tells=False)
    resident.dial("*140*1*3#")
    resident.say(resident.number)
    assert "Lantaarnpaal. Waar?" in resident.whole(resident.say("1"))


def test_a_number_that_somebody_uses_needs_the_code_that_is_texted_to_it(city):
    resident = city.resident(tells=False)
    city.line.say(resident.number, "HELP")
    known = len(resident.texts())
    asked = tells_number(resident)
    assert not asked.last and "code" in asked.text
    text = city.line.until(lambda: resident.texts()[known:])[0]
    assert CODE in text
    code = re.search(r"code .*\b(\d{4,8})\b", text)[1]
    wrong = resident.say(str((int(code) + 1) % 10 ** len(code)).zfill(len(code)))
    assert "code klopt niet" in wrong.text
    assert "Kies:" in resident.whole(resident.say(code))
    resident.phone.hang_up()
    assert "Wat is er mis?" in resident.whole(resident.dial("*140*1#"))


def test_another_sim_does_not_take_a_number(city, place):
    owner = city.resident(tells=False)
    tells_number(owner)
    owner.phone.hang_up()
    reference = filed(owner, place)
    thief = city.resident(tells=False)
    thief.number = owner.number
    said = tells_number(thief)
    assert spaced(reference) not in said.text and "Kies:" not in said.text
    thief.phone.hang_up()
    said = thief.whole(thief.dial("*140*3#"))
    assert spaced(reference) not in said


def test_a_number_that_the_network_tells_is_not_asked(city):
    resident = city.resident()
    assert "Kies:" in resident.whole(resident.dial())
    assert city.line.sql("SELECT count(*) FROM person WHERE number = ?", resident.number) == [(1,)]


def test_a_number_that_the_hlr_knows_is_not_asked(tmp_path):
    """GSUP does not bring it, the control interface tells it; with no answer there the resident is asked."""
    with City(tmp_path, words=" ctrl {hlr} 4259") as city:
        known, local, unknown = (city.resident(tells=False) for _ in range(3))
        city.hlr.subscribe({known.imsi: known.number[1:], local.imsi: "0" + local.number[3:], unknown.imsi: None})
        for resident in (known, local):
            assert "Kies:" in resident.whole(resident.dial())
            assert city.line.sql("SELECT count(*) FROM person WHERE number = ?", resident.number) == [(1,)]
        assert "mobiele nummer" in unknown.dial().text
        assert "mobiele nummer" in city.resident(tells=False).dial().text, "nor does the HLR know this IMSI"


# -- other people's eyes

def test_tshark_reads_the_same_pages(city, tmp_path):
    """All that the tests before this one were shown, too."""
    for code in ("*140#", "*140*1#", "*140*4#"):
        city.resident().dial(code)
    shown = check_pages(city.msc, tmp_path / "seen.pcap")
    assert {fields["gsm_map.ss.ussd_DataCodingScheme"] for fields in shown} == {"0f", "48"}
