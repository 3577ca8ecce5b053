# SPDX-License-Identifier: AGPL-3.0-or-later
"""The link to the HLR: what osmo-hlr 1.5.0 was seen to do, each quirk a case of its own; and what no HLR should do."""
import random
import re
import struct

import pytest
import requests
from fake_hlr import FakeHlr
from msc import (BEGIN, CAUSE, CCM, CONTINUE, END, ERROR, GSM7, IMSI, OSMO, PING, PONG, PROC_SS_ERR, PROC_SS_REQ,
                 PROC_SS_RES, PROCESS_USSD, REJECT, SERNR, SESSION_ID, SESSION_STATE, SS_INFO, UCS2, UNIT, USSD_REQUEST,
                 Gone, bcd, encode, error, gsup, invoke, ipa, ipa_gsup, proc_ss, read_component, result)
from ussd_line import CODE, NAME, City, gateway, imsi, number

FACILITY_NOT_SUPPORTED, SYSTEM_FAILURE, UNEXPECTED_DATA, UNKNOWN_ALPHABET = 21, 34, 36, 71  # TS 29.002 17.6.6


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with City(tmp_path_factory.mktemp("quirks")) as it:
        yield it


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    """The gateway and the HLR that it believes in; a link is made anew where a test has broken it."""
    with FakeHlr() as hlr, gateway(tmp_path_factory.mktemp("fake"), hlr.address, hlr.port, register=False) as line:
        yield line, hlr


@pytest.fixture
def link(fake):
    return fake[1].link()


# -- what the real one does

def tags(identity):
    """The tags of ID_RESP: a length of two octets that counts the tag and its value."""
    out, at = {}, 0
    while at < len(identity):
        n, tag = struct.unpack_from(">HB", identity, at)
        out[tag] = identity[at + 3:at + 2 + n]
        at += 2 + n
    return out


def test_the_name_is_in_the_serial_number_with_a_nul(link):
    told = tags(link.identity)
    assert told[SERNR] == b"EUSE-meldlijn\0"
    assert told[UNIT].endswith(b"\0"), "without a unit id osmo-hlr closes the connection"


def test_the_hlr_knows_it_by_that_name(city):
    assert f"'{NAME}'" in city.hlr.connections()


def test_a_ping_is_answered(link):
    link.send(ipa(CCM, bytes([PING])))
    link.ccm(PONG)


def test_an_hlr_that_does_not_answer_pings_is_left(tmp_path):
    with FakeHlr() as hlr, gateway(tmp_path, hlr.address, hlr.port, register=False,
                                   extra="timer euse X4 1\ntimer euse X5 1\n"):
        link = hlr.accept()
        for _ in range(3):
            link.ccm(PING)
            link.send(ipa(CCM, bytes([PONG])))
        link.ccm(PING)
        assert link.closed()
        assert tags(hlr.accept().identity)[SERNR] == b"EUSE-meldlijn\0"


def test_after_a_restart_of_the_hlr_it_comes_back(city):
    resident = city.resident()
    before = resident.whole(resident.dial("*140*1*1*1#"))
    city.hlr.kill()
    city.hlr.start()
    city.msc.connect()
    city.hlr.wait_for(NAME)
    with pytest.raises(Gone):  # the session is no more, for nobody
        resident.say("Spui 70", timeout=0.5)
    after = resident.whole(resident.dial())
    assert "Waar?" in before and "Waar?" in after
    assert "Spui 70" in resident.whole(resident.say("Spui 70"))
    assert len(resident.reports()) == 1


def test_while_the_line_is_away_the_hlr_refuses_and_then_all_is_well(city):
    resident = city.resident()
    resident.dial()
    city.line.kill()
    city.hlr.wait_for(NAME, there=False)
    assert resident.say("1").error == SYSTEM_FAILURE
    assert resident.dial().error == SYSTEM_FAILURE
    city.line.start()
    city.hlr.wait_for(NAME)
    assert not resident.dial().last


def test_an_answer_from_before_our_restart_ends_the_session(city):
    resident = city.resident()
    resident.dial()
    city.line.kill()
    city.line.start()
    city.hlr.wait_for(NAME)
    page = resident.say("1")
    assert page.last and page.error == FACILITY_NOT_SUPPORTED, "the phone would wait for the guard timer"


def test_a_code_that_the_hlr_does_not_know_never_comes(city):
    before = city.line.sql("SELECT count(*) FROM person")
    assert city.resident().dial("*199#").error >= 0
    assert city.line.sql("SELECT count(*) FROM person") == before


def test_only_codes_in_the_default_alphabet_are_routed(city):
    resident = city.resident()
    assert resident.dial(CODE, dcs=UCS2).error >= 0
    assert city.line.sql("SELECT count(*) FROM person WHERE number = ?", resident.number) == [(0,)]


def test_its_prefix_routes_more_than_our_code(city):
    """Each refusal of ours reaches the phone as an error of this HLR's own."""
    resident = city.resident()
    page = resident.dial("*1401#")
    assert page.last and page.error == FACILITY_NOT_SUPPORTED
    assert city.line.sql("SELECT count(*) FROM person WHERE number = ?", resident.number) == [(0,)]


def test_an_error_of_the_phone_is_not_told(city):
    resident = city.resident()
    resident.dial("*140*1*1*1#")
    session = resident.phone.session
    city.msc.do(lambda: session.answer("", component=error(session.asked, UNKNOWN_ALPHABET)))
    assert city.msc.run(session.page()).last
    assert "Waar?" in resident.whole(resident.dial())


def test_no_component_is_longer_than_127_octets(city):
    resident = city.resident()
    resident.whole(resident.dial())
    resident.whole(resident.say("1"))
    for page in resident.phone.pages:
        assert page.component[1] == len(page.component) - 2 <= 127


def test_longer_ones_in_ber_are_refused_by_this_hlr(tmp_path):
    """Why the default is what it is: the phone hears nothing and waits."""
    with City(tmp_path, words=" page-limit 160") as city:
        resident = city.resident()
        with pytest.raises(Gone):
            resident.dial("*140*1#", timeout=2)
        assert re.search(r"Unable to parse SS request: a[12] 81 ", city.hlr.said())


def test_longer_ones_with_lengths_of_one_octet_pass(tmp_path):
    with City(tmp_path, words=" page-limit 160\n component-length one-octet") as city:
        resident = city.resident(one_octet=True)
        said = resident.whole(resident.dial("*140*1#"))
        assert 127 < max(len(p.component) - 2 for p in resident.phone.pages)
        assert 112 < max(p.octets for p in resident.phone.pages) <= 160
        assert "Wat is er mis?" in said and "7 Iets anders" in said


def test_an_empty_answer_is_refused_by_this_hlr(city):
    """We hear nothing of it, and the resident dials again."""
    resident = city.resident()
    resident.whole(resident.dial("*140*1*1*1#"))
    session = resident.phone.session
    city.msc.do(lambda: session.answer("", component=result(session.asked, USSD_REQUEST)))
    page = city.msc.run(session.page())
    assert page.last and page.text == ""
    assert "Waar?" in resident.whole(resident.dial())


def test_a_hang_up_is_not_told_so_a_session_ends_by_its_own_timer(tmp_path):
    """Before the HLR's guard timer, which would leave who still is there waiting."""
    with City(tmp_path, words=" answer-time 5") as city:
        gone, waits = city.resident(), city.resident()
        gone.dial()
        gone.phone.hang_up()
        waits.dial()
        assert sessions(city.line) == 2
        page = city.msc.run(waits.phone.session.page())
        assert page.last and "Kies *140# om verder te gaan" in page.text
        city.line.until(lambda: sessions(city.line) == 0)
        assert not gone.dial().last


def test_answers_in_ucs2_pass(city):
    resident = city.resident()
    resident.whole(resident.dial("*140*1#"))
    assert "Container is vol. Waar?" in resident.whole(resident.say("container vol"))
    other = city.resident()
    other.whole(other.dial("*140*1#"))
    other.say("العربية")
    other.dial("*140*1#")
    assert "الحاوية ممتلئة. أين؟" in other.whole(other.say("حاوية ممتلئة"))


def sessions(line):
    return int(re.search(r"^meldlijn_euse_sessions\{[^}]*euse[^}]*\} (\d+)$",
                         requests.get(line.url + "/metrics", timeout=5).text, re.M)[1])


# -- what no HLR should do

def begin(n, session_id=1, code=CODE, component=None):
    return proc_ss(PROC_SS_REQ, imsi(n), session_id, BEGIN,
                   component or invoke(1, PROCESS_USSD, GSM7, encode(code)), number(n))


def go_on(n, component, session_id=1):
    return proc_ss(PROC_SS_REQ, imsi(n), session_id, CONTINUE, component)


def is_page(message, n, session_id=1):
    kind, ies = message
    assert kind in (PROC_SS_REQ, PROC_SS_RES)
    assert ies[IMSI] == bcd(imsi(n)) and ies[SESSION_ID] == struct.pack(">I", session_id)
    component = read_component(ies[SS_INFO])
    assert component.dcs == GSM7
    return component


def is_error(message, n, code, session_id=1):
    kind, ies = message
    assert ies[IMSI] == bcd(imsi(n)) and ies[SESSION_ID] == struct.pack(">I", session_id)
    assert ies[SESSION_STATE] == bytes([END])
    component = read_component(ies[SS_INFO])
    assert (component.kind, component.code) == (ERROR, code)
    return component


def works(link, n):
    """Somebody dials, and gets a page; pages that others still wait for may come before."""
    link.send(ipa_gsup(begin(n, 99)))
    message = link.gsup()
    while message[1][SESSION_ID] != struct.pack(">I", 99):
        message = link.gsup()
    is_page(message, n, 99)


def notices(line):
    return len(re.findall(r"euse meldlijn", line.log.read_text()))


def test_every_cut_of_a_message(link):
    whole = begin(1)
    for n in range(len(whole)):
        link.send(ipa_gsup(whole[:n]))
    link.quiet()
    works(link, 1)


def test_every_octet_changed(link):
    whole, rng = begin(2), random.Random(2)
    for at in range(len(whole)):
        for _ in range(4):
            link.send(ipa_gsup(whole[:at] + bytes([rng.randrange(256)]) + whole[at + 1:]))
    link.send(ipa(CCM, bytes([PING])))
    while link.frame() != (CCM, bytes([PONG])):
        pass
    works(link, 3)


def test_messages_of_noise_are_told_once(fake, link):
    line, _ = fake
    rng, before = random.Random(4), notices(line)
    for _ in range(2000):
        link.send(ipa(rng.choice((OSMO, CCM, rng.randrange(256))), rng.randbytes(rng.randrange(0, 200))))
    link.send(ipa(CCM, bytes([PING])))
    while link.frame() not in ((CCM, bytes([PONG])), None):
        pass
    assert notices(line) - before < 20
    assert requests.get(line.url + "/healthz", timeout=5).status_code == 200


def test_what_is_no_ipa_ends_the_link_and_a_new_one_works(fake, link):
    _, hlr = fake
    link.send(b"GET / HTTP/1.1\r\nHost: hlr\r\n\r\n" * 2000)
    link.close()
    works(hlr.accept(), 5)


def test_an_answer_in_a_session_that_nobody_knows(link):
    link.send(ipa_gsup(go_on(6, result(3, USSD_REQUEST, GSM7, encode("1")), 77)))
    assert is_error(link.gsup(), 6, SYSTEM_FAILURE, 77).invoke_id == 3


def test_the_end_of_a_session_that_nobody_knows(link):
    link.send(ipa_gsup(proc_ss(PROC_SS_RES, imsi(7), 78, END)))
    link.send(ipa_gsup(gsup(PROC_SS_ERR, (IMSI, bcd(imsi(7))), (CAUSE, b"\x11"))))
    assert link.quiet() == []


def test_the_same_answer_twice_is_answered_once(fake, link):
    link.send(ipa_gsup(begin(8, code="*140*1#")))
    asked = is_page(link.gsup(), 8).invoke_id
    link.send(ipa_gsup(go_on(8, result(asked, USSD_REQUEST, GSM7, encode("1")))) * 2)
    page = is_page(link.gsup(), 8)
    assert page.invoke_id != asked
    assert link.quiet() == []
    link.send(ipa_gsup(go_on(8, result(asked, USSD_REQUEST, GSM7, encode("1")))))  # of the page before
    assert link.quiet() == []


def test_the_same_session_begun_twice(link):
    link.send(ipa_gsup(begin(9)))
    is_page(link.gsup(), 9)
    link.send(ipa_gsup(begin(9)))
    asked = is_page(link.gsup(), 9).invoke_id
    link.send(ipa_gsup(go_on(9, result(asked, USSD_REQUEST, GSM7, encode("1")))))
    is_page(link.gsup(), 9)


def test_a_code_that_is_not_ours(link):
    link.send(ipa_gsup(begin(10, code="*141#")))
    is_error(link.gsup(), 10, UNEXPECTED_DATA)
    link.send(ipa_gsup(begin(10, 2, code="*1400#")))
    is_error(link.gsup(), 10, UNEXPECTED_DATA, 2)


def test_an_operation_that_is_not_of_ussd(link):
    link.send(ipa_gsup(begin(11, component=invoke(5, 10, GSM7, encode(CODE)))))  # registerSS
    kind, ies = link.gsup()
    component = read_component(ies[SS_INFO])
    assert (component.kind, component.invoke_id) == (REJECT, 5)
    assert component.code == 0x8101, "invoke problem: unrecognizedOperation (TS 24.080 3.6.7)"
    assert ies[SESSION_STATE] == bytes([END])


def test_a_component_with_lengths_that_do_not_fit(link):
    good = invoke(5, PROCESS_USSD, GSM7, encode(CODE))
    for bad in (good[:1] + bytes([good[1] + 1]) + good[2:], good[:2] + b"\x02\x7f" + good[4:], b"\xa1", b"\xa1\x84"):
        link.send(ipa_gsup(begin(12, component=bad)))
        kind, ies = link.gsup()
        assert read_component(ies[SS_INFO]).kind in (REJECT, ERROR)
        assert ies[SESSION_STATE] == bytes([END])
    works(link, 12)


def test_a_string_in_a_scheme_that_cannot_be_read(link):
    link.send(ipa_gsup(begin(13, component=invoke(1, PROCESS_USSD, 0x2f, b"\x00" * 20))))
    # 0010 1111 is reserved: read as the default alphabet (TS 23.038 5), and so no code of ours
    is_error(link.gsup(), 13, UNEXPECTED_DATA)
    link.send(ipa_gsup(begin(13, 2, component=invoke(1, PROCESS_USSD, 0x60, b"\x00" * 20))))  # compressed
    is_error(link.gsup(), 13, UNKNOWN_ALPHABET, 2)


def test_a_phone_that_cannot_show_a_page(link):
    link.send(ipa_gsup(begin(14)))
    asked = is_page(link.gsup(), 14).invoke_id
    link.send(ipa_gsup(go_on(14, error(asked, UNKNOWN_ALPHABET))))
    is_error(link.gsup(), 14, SYSTEM_FAILURE)
    link.send(ipa_gsup(begin(14, 2)))
    is_page(link.gsup(), 14, 2)


def test_an_hlr_that_stops_reading_is_left(fake, link):
    line, hlr = fake
    link.send(ipa_gsup(begin(15)))
    link.sock.settimeout(20)
    many = ipa_gsup(go_on(15, result(3, USSD_REQUEST, GSM7, encode("1")), 1000)) * 5000
    with pytest.raises(ConnectionError):
        while True:  # each is answered with an error, and none is read
            link.send(many)
            assert requests.get(line.url + "/healthz", timeout=5).status_code == 200
    link.close()
    works(hlr.accept(), 15)
    status = open(f"/proc/{line.process.pid}/status").read()
    assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) < 200000, "kB"
