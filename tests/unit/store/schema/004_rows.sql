-- A line in the middle of its work, as version 4 writes it.
INSERT INTO person (id, number, language, first_seen, last_line) VALUES (1, '+31612345678', 'tr', 1700000000, 'modem 1');
INSERT INTO person (id, number, first_seen, blocked_at, blocked_why) VALUES (2, '+31687654321', 1700000000, 1700000100, 'loop');
INSERT INTO area (id, name, slug) VALUES (1, 'Centrum', 'centrum');
INSERT INTO street (id, name, place, folded) VALUES (1, 'Spui', 'Den Haag', 'spui');
INSERT INTO street_words (rowid, folded) VALUES (1, 'spui');
INSERT INTO address (id, postcode, number, suffix, street_id, area_id, lat, lon) VALUES (1, '2511BT', 70, '', 1, 1, 52.0775, 4.3166);
INSERT INTO asset (id, kind, number, street_id, area_id, lat, lon) VALUES (1, 'container', '4711', 1, 1, 52.0776, 4.3167);
INSERT INTO report (id, reference, person_id, category, thing, area_id, address_id, asset_id, place, lat, lon, state, state_at, created, promise, language, channel, contractor, contractor_ref)
	VALUES (1, '5724000', 1, 'container-full', 'container', 1, 1, 1, 'Spui 70, Centrum', 52.0775, 4.3166, 'planned', 1700000050, 1700000000, 1700259200, 'tr', 'sms', 'haeghe', 'H-1');
INSERT INTO report_event (report_id, at, state, who, channel) VALUES (1, 1700000000, 'received', 'resident', 'sms');
INSERT INTO report_event (report_id, at, state, who, channel, note, expected) VALUES (1, 1700000050, 'planned', 'contractor haeghe', 'open311', 'dinsdag', 1700100000);
INSERT INTO follower VALUES (1, 2, 1700000010);
INSERT INTO forward (id, report_id, contractor, key, state, due, created, done) VALUES (1, 1, 'haeghe', 'k1', 'done', 1700000000, 1700000000, 1700000010);
INSERT INTO forward (id, report_id, event_id, contractor, key, state, due, created) VALUES (2, 1, 2, 'haeghe', 'k2', 'due', 1700000060, 1700000060);
INSERT INTO inbox (key, line, number, text, received, verdict) VALUES ('in1', 'modem 1', '+31612345678', 'container 4711', 1700000000, 'answered');
INSERT INTO inbox_part (line, number, ref, ref_bits, total, part, piece, received, expires) VALUES ('modem 1', '+31612345678', 7, 8, 2, 1, x'0000000141', 1700000000, 1700086400);
INSERT INTO outbox (id, number, lane, text, created, expires, report_id, state) VALUES (1, '+31612345678', 0, 'A', 1700000001, 1700086401, 1, 'sent');
INSERT INTO outbox_part (outbox_id, lane, part, total, piece, state, due, line, mr, awaits, submitted, settle) VALUES (1, 0, 1, 1, x'0000000141', 'sent', 1700000001, 'modem 1', 7, 1, 1700000002, 1700300000);
INSERT INTO dialogue (person_id, state, line, updated, due) VALUES (2, '{}', 'modem 1', 1700000000, 1700003600);
INSERT INTO alarm (what, detail, since) VALUES ('modem 1 pin', 'type the PIN', 1700000000);
INSERT INTO remembered VALUES ('modem 1', 'pin-refused', '8931');
INSERT INTO subscriber (imsi, number, proved, updated) VALUES ('204080000000001', '+31612345678', 1, 1700000000);
INSERT INTO subscriber (imsi, asks, claim, path, code, code_at, tries, updated) VALUES ('204080000000002', 'code', '+31612345678', '2*5724000', 'a0', 1700000000, 1, 1700000000);
INSERT INTO subscriber_code (imsi, number, at) VALUES ('204080000000002', '+31612345678', 1700000000);
INSERT INTO call (id, line, number, person_id, began, answered, ended, cause, node, keys, report_id) VALUES (1, 'sip city', '+31612345678', 1, 1700000000, 1700000001, 1700000090, 'done', 'report.filed', 9, 1);
INSERT INTO call (id, line, began, answered) VALUES (2, 'modem 1', 1700000000, 1700000002);
INSERT INTO recording (id, call_id, person_id, report_id, path, seconds, at, done, erase) VALUES (1, 1, 1, 1, 'recordings/1.opus', 4.5, 1700000050, 1, 1707776050);
INSERT INTO recording (id, call_id, for_city, path, at, erase) VALUES (2, 2, 1, 'recordings/2.opus', 1700000060, 1707776060);
