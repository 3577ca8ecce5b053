CREATE TABLE person (
	id INTEGER PRIMARY KEY,
	number TEXT NOT NULL UNIQUE,		-- wire/phone.h's written form
	language TEXT,				-- NULL: not chosen
	stopped INTEGER NOT NULL DEFAULT 0,	-- STOP: direct answers only
	blocked_at INTEGER,			-- loop guard or operator; NULL: not
	blocked_why TEXT,
	first_seen INTEGER NOT NULL,
	last_line TEXT,				-- the line that heard last: answers leave by it
	hour_start INTEGER NOT NULL DEFAULT 0,	-- the hourly ceiling
	hour_count INTEGER NOT NULL DEFAULT 0,
	same_text TEXT,				-- the loop guard: the last text, folded, and how often in a row
	same_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX person_blocked ON person (blocked_at) WHERE blocked_at IS NOT NULL;
CREATE TABLE area (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,		-- "Centrum"
	slug TEXT NOT NULL UNIQUE		-- "centrum": what configuration says
) STRICT;
CREATE TABLE street (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,			-- "Grote Marktstraat"
	place TEXT NOT NULL,			-- "Den Haag"
	folded TEXT NOT NULL,			-- phrase_fold() of name
	UNIQUE (name, place)
) STRICT;
CREATE INDEX street_folded ON street (folded);
CREATE VIRTUAL TABLE street_words USING fts5 (folded, content='street', content_rowid='id', tokenize='trigram');
CREATE TABLE address (
	id INTEGER PRIMARY KEY,
	postcode TEXT NOT NULL,			-- "2511BT"
	number INTEGER NOT NULL,
	suffix TEXT NOT NULL DEFAULT '',	-- "A", "bis": as written, upper case
	street_id INTEGER NOT NULL,
	area_id INTEGER,			-- NULL: the register does not say
	lat REAL NOT NULL,
	lon REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX address_postcode ON address (postcode, number, suffix);
CREATE INDEX address_street ON address (street_id, number, suffix);
CREATE TABLE asset (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,			-- "container", "lamp": a thing of menus/categories.yaml
	number TEXT NOT NULL,			-- on the sticker
	detail TEXT NOT NULL DEFAULT '',	-- "restafval"
	street_id INTEGER,
	house_number INTEGER,
	area_id INTEGER,
	lat REAL NOT NULL,
	lon REAL NOT NULL,
	UNIQUE (kind, number)
) STRICT;
CREATE INDEX asset_number ON asset (number);
CREATE TABLE report (
	id INTEGER PRIMARY KEY,
	reference TEXT NOT NULL UNIQUE,
	person_id INTEGER REFERENCES person (id),
	category TEXT NOT NULL,
	thing TEXT NOT NULL DEFAULT '',
	area_id INTEGER,
	address_id INTEGER,
	asset_id INTEGER,
	place TEXT NOT NULL DEFAULT '',
	lat REAL,
	lon REAL,
	description TEXT NOT NULL DEFAULT '',
	urgent INTEGER NOT NULL DEFAULT 0,
	state TEXT NOT NULL DEFAULT 'received',
	state_at INTEGER NOT NULL,
	created INTEGER NOT NULL,
	promise INTEGER NOT NULL,
	expected INTEGER,
	language TEXT NOT NULL,
	channel TEXT NOT NULL,
	contractor TEXT NOT NULL DEFAULT '',
	contractor_ref TEXT,
	note TEXT,
	warned INTEGER NOT NULL DEFAULT 0,	-- the promise (or new date) that the resident was told would not hold
	warn_due INTEGER				-- when to look at the promise; NULL: no more
, solved INTEGER, merged_into INTEGER, updated INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX report_person ON report (person_id, created);
CREATE INDEX report_open_asset ON report (asset_id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_warn ON report (warn_due) WHERE warn_due IS NOT NULL;
CREATE INDEX report_contractor_ref ON report (contractor, contractor_ref) WHERE contractor_ref IS NOT NULL;
CREATE TABLE report_event (
	id INTEGER PRIMARY KEY,
	report_id INTEGER NOT NULL REFERENCES report (id),
	at INTEGER NOT NULL,			-- by the clock of who said so
	state TEXT NOT NULL,			-- after it
	who TEXT NOT NULL,			-- "resident", "contractor haeghe", "staff NAME", "meldlijn"
	channel TEXT NOT NULL,
	note TEXT NOT NULL DEFAULT '',
	expected INTEGER
, written INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX report_event_report ON report_event (report_id, id);
CREATE TABLE follower (
	report_id INTEGER NOT NULL REFERENCES report (id),
	person_id INTEGER NOT NULL REFERENCES person (id),
	since INTEGER NOT NULL,
	PRIMARY KEY (report_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follower_person ON follower (person_id);
CREATE TABLE forward (
	id INTEGER PRIMARY KEY,
	report_id INTEGER NOT NULL REFERENCES report (id),
	event_id INTEGER,			-- NULL: the order; else the update
	contractor TEXT NOT NULL,		-- "" until routed
	key TEXT NOT NULL UNIQUE,		-- idempotency key, the same for every try
	state TEXT NOT NULL DEFAULT 'due',	-- due, done, stuck, behind (an older one of its report is not done)
	tries INTEGER NOT NULL DEFAULT 0,
	rung INTEGER NOT NULL DEFAULT 0,	-- 0 first URL, 1 second, 2 by SMS
	due INTEGER NOT NULL,
	created INTEGER NOT NULL,
	done INTEGER,
	error TEXT
, withdraws INTEGER NOT NULL DEFAULT 0, their_ref TEXT) STRICT;
CREATE INDEX forward_due ON forward (contractor, due, id) WHERE state = 'due';
CREATE INDEX forward_order ON forward (contractor, id) WHERE state = 'due';
CREATE INDEX forward_when ON forward (due) WHERE state = 'due';
CREATE INDEX forward_open ON forward (contractor, state, created) WHERE state <> 'done';
CREATE INDEX forward_report ON forward (report_id, id);
CREATE TABLE poll (
	contractor TEXT PRIMARY KEY,
	due INTEGER NOT NULL,
	seen_until INTEGER NOT NULL DEFAULT 0,	-- newest updated_datetime taken
	failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX poll_due ON poll (due);
CREATE TABLE update_seen (
	contractor TEXT NOT NULL,
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (contractor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX update_seen_at ON update_seen (at);
CREATE TABLE inbox (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,		-- the network offering it again gives the same
	line TEXT NOT NULL,
	number TEXT NOT NULL,
	text TEXT NOT NULL,
	received INTEGER NOT NULL,
	sent INTEGER,				-- by the service centre
	verdict TEXT NOT NULL			-- answered, part, stopped, blocked, silent, quarantine, replaced
, replace_type INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX inbox_number ON inbox (number, received);
CREATE INDEX inbox_received ON inbox (received);
CREATE TABLE inbox_part (
	id INTEGER PRIMARY KEY,
	line TEXT NOT NULL,
	number TEXT NOT NULL,
	ref INTEGER NOT NULL,
	ref_bits INTEGER NOT NULL,
	total INTEGER NOT NULL,
	part INTEGER NOT NULL,
	piece BLOB NOT NULL,			-- struct sms_piece up to its len
	received INTEGER NOT NULL,
	expires INTEGER NOT NULL		-- then it is read with a gap
) STRICT;
CREATE UNIQUE INDEX inbox_part_set ON inbox_part (number, ref, ref_bits, total, line, part);
CREATE INDEX inbox_part_expires ON inbox_part (expires);
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	number TEXT NOT NULL,
	lane INTEGER NOT NULL,			-- 0 reply, 1 status, 2 notice
	line TEXT NOT NULL DEFAULT '',		-- wanted; "" any
	text TEXT NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	report_id INTEGER,
	state TEXT NOT NULL DEFAULT 'queued',	-- of its parts: queued, sending, sent, delivered, failed, doubt, expired
	finished INTEGER			-- nothing more will happen to it
, notice_id INTEGER) STRICT;
CREATE INDEX outbox_number ON outbox (number, id);
CREATE INDEX outbox_queued ON outbox (expires, lane, created) WHERE state = 'queued';
CREATE TABLE outbox_part (
	id INTEGER PRIMARY KEY,
	outbox_id INTEGER NOT NULL REFERENCES outbox (id),
	lane INTEGER NOT NULL,			-- of its outbox row, for one index
	wanted TEXT NOT NULL DEFAULT '',	-- line: of its outbox row, then that of the part before; "" any
	part INTEGER NOT NULL,
	total INTEGER NOT NULL,
	ref INTEGER NOT NULL DEFAULT 0,
	ref_bits INTEGER NOT NULL DEFAULT 0,
	piece BLOB NOT NULL,
	state TEXT NOT NULL DEFAULT 'queued',	-- behind (the part before it is not sent), queued, sending,
						-- sent, delivered, failed, doubt, expired
	due INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	line TEXT NOT NULL DEFAULT '',		-- that has it or had it
	mr INTEGER,				-- TP-MR, for its status report
	awaits INTEGER NOT NULL DEFAULT 0,	-- a status report may still come
	submitted INTEGER,
	settle INTEGER,				-- doubt, or sent without a report yet: when the rule decides
	cause INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_part_due ON outbox_part (wanted, lane, due, id) WHERE state = 'queued';
CREATE INDEX outbox_part_when ON outbox_part (due) WHERE state = 'queued';
CREATE INDEX outbox_part_outbox ON outbox_part (outbox_id, part);
CREATE INDEX outbox_part_open ON outbox_part (line, mr) WHERE awaits = 1;
CREATE INDEX outbox_part_settle ON outbox_part (settle) WHERE settle IS NOT NULL;
CREATE INDEX outbox_part_sending ON outbox_part (line) WHERE state = 'sending';
CREATE INDEX outbox_part_doubt ON outbox_part (id) WHERE state = 'doubt';
CREATE TABLE report_early (
	id INTEGER PRIMARY KEY,
	line TEXT NOT NULL,
	mr INTEGER NOT NULL,
	number TEXT NOT NULL,
	status INTEGER NOT NULL,
	sent INTEGER,
	received INTEGER NOT NULL
) STRICT;
CREATE INDEX report_early_key ON report_early (line, mr);
CREATE INDEX report_early_received ON report_early (received);
CREATE TABLE dialogue (
	person_id INTEGER PRIMARY KEY REFERENCES person (id),
	state TEXT NOT NULL,			-- talk/dialogue.h's JSON
	line TEXT NOT NULL,
	updated INTEGER NOT NULL,
	due INTEGER,				-- of the reminder or the expiry
	expire_s INTEGER NOT NULL DEFAULT 0,	-- after the reminder
	reminded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX dialogue_due ON dialogue (due) WHERE due IS NOT NULL;
CREATE TABLE alarm (
	id INTEGER PRIMARY KEY,
	what TEXT NOT NULL,			-- "modem 1 pin", "contractor haeghe"
	detail TEXT NOT NULL,			-- what to do
	since INTEGER NOT NULL,
	ended INTEGER
) STRICT;
CREATE UNIQUE INDEX alarm_on ON alarm (what) WHERE ended IS NULL;
CREATE TABLE remembered (
	owner TEXT NOT NULL,			-- a line's name
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL
) STRICT;
CREATE TABLE tally (
	what TEXT PRIMARY KEY,			-- "person", "heard", "report STATE", "outbox STATE"
	n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER person_tally AFTER INSERT ON person BEGIN
	INSERT INTO tally VALUES ('person', 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER inbox_tally AFTER INSERT ON inbox WHEN new.verdict <> 'part' BEGIN
	INSERT INTO tally VALUES ('heard', 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER report_tally AFTER INSERT ON report BEGIN
	INSERT INTO tally VALUES ('report ' || new.state, 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER report_tally_state AFTER UPDATE OF state ON report WHEN new.state <> old.state BEGIN
	INSERT INTO tally VALUES ('report ' || new.state, 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
	UPDATE tally SET n = n - 1 WHERE what = 'report ' || old.state;
END;
CREATE TRIGGER outbox_tally AFTER INSERT ON outbox BEGIN
	INSERT INTO tally VALUES ('outbox ' || new.state, 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_tally_state AFTER UPDATE OF state ON outbox WHEN new.state <> old.state BEGIN
	INSERT INTO tally VALUES ('outbox ' || new.state, 1) ON CONFLICT (what) DO UPDATE SET n = n + 1;
	UPDATE tally SET n = n - 1 WHERE what = 'outbox ' || old.state;
END;
CREATE INDEX inbox_replace ON inbox (number, replace_type) WHERE replace_type <> 0;
CREATE TABLE subscriber (
	imsi TEXT PRIMARY KEY,
	number TEXT UNIQUE,			-- NULL: not known yet
	proved INTEGER NOT NULL DEFAULT 0,	-- the network said so, or a code that was texted to it
	asks TEXT NOT NULL DEFAULT '',		-- what is being asked: "", number, confirm, code
	claim TEXT NOT NULL DEFAULT '',		-- the number that was typed
	path TEXT NOT NULL DEFAULT '',		-- what was dialled: carried out once the number is known
	code TEXT NOT NULL DEFAULT '',		-- hash of the code that was texted
	code_at INTEGER,
	tries INTEGER NOT NULL DEFAULT 0,	-- wrong codes
	updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE subscriber_code (
	id INTEGER PRIMARY KEY,
	imsi TEXT NOT NULL,
	number TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriber_code_imsi ON subscriber_code (imsi, at);
CREATE INDEX subscriber_code_number ON subscriber_code (number, at);
CREATE INDEX subscriber_code_at ON subscriber_code (at);
CREATE TABLE call (
	id INTEGER PRIMARY KEY,
	line TEXT NOT NULL,
	number TEXT,				-- NULL: withheld
	person_id INTEGER REFERENCES person (id),
	outgoing INTEGER NOT NULL DEFAULT 0,
	began INTEGER NOT NULL,
	answered INTEGER,
	ended INTEGER,				-- NULL: under way
	cause TEXT NOT NULL DEFAULT '',		-- done, hung-up, by-text, blocked, ceiling, message, failed, lost
	node TEXT NOT NULL DEFAULT '',		-- of the menus, at the end
	keys INTEGER NOT NULL DEFAULT 0,
	again INTEGER NOT NULL DEFAULT 0,	-- how often silence was asked again
	report_id INTEGER			-- the last that was filed in it
, callout_id INTEGER REFERENCES callout (id), caller_id INTEGER REFERENCES call (id)) STRICT;
CREATE INDEX call_person ON call (person_id);
CREATE INDEX call_open ON call (id) WHERE ended IS NULL;
CREATE INDEX call_ended ON call (ended) WHERE ended IS NOT NULL;
CREATE TABLE recording (
	id INTEGER PRIMARY KEY,
	call_id INTEGER NOT NULL REFERENCES call (id),
	person_id INTEGER REFERENCES person (id),	-- NULL: the number was withheld
	report_id INTEGER REFERENCES report (id),	-- NULL: not filed yet, or for the city
	for_city INTEGER NOT NULL DEFAULT 0,	-- a message for a person at the city
	path TEXT NOT NULL,
	seconds REAL NOT NULL DEFAULT 0,
	at INTEGER NOT NULL,
	done INTEGER NOT NULL DEFAULT 0,	-- 0: it is being recorded
	erase INTEGER NOT NULL			-- when its file and this row go
) STRICT;
CREATE INDEX recording_person ON recording (person_id);
CREATE INDEX recording_call ON recording (call_id);
CREATE INDEX recording_report ON recording (report_id);
CREATE INDEX recording_erase ON recording (erase);
CREATE TABLE callout (
	id INTEGER PRIMARY KEY,
	why TEXT NOT NULL,			-- "call-back", "notice"
	number TEXT NOT NULL,
	person_id INTEGER NOT NULL REFERENCES person (id),
	language TEXT,				-- of a notice; NULL: the person's
	text TEXT,				-- of a notice; NULL: the conversation that waits goes on
	state TEXT NOT NULL DEFAULT 'waiting',	-- waiting, dialling (or in the call), reached, unreached, dropped
	due INTEGER NOT NULL,			-- not before
	since INTEGER,				-- dialling: since when
	tries INTEGER NOT NULL DEFAULT 0,
	line TEXT NOT NULL DEFAULT '',		-- of the last try
	cause TEXT NOT NULL DEFAULT '',		-- of the last try: busy, no-answer, no-such-number, not-dialled,
						-- machine, hung-up, heard, lost; or called-us, stopped, blocked
	created INTEGER NOT NULL,
	ended INTEGER				-- NULL: something is still to be done
, notice_id INTEGER REFERENCES notice (id)) STRICT;
CREATE INDEX callout_due ON callout (due, id) WHERE state = 'waiting';
CREATE INDEX callout_dialling ON callout (id) WHERE state = 'dialling';
CREATE UNIQUE INDEX callout_back ON callout (number) WHERE why = 'call-back' AND ended IS NULL;
CREATE INDEX callout_number ON callout (number, created);
CREATE INDEX callout_person ON callout (person_id);
CREATE INDEX callout_ended ON callout (ended) WHERE ended IS NOT NULL;
CREATE INDEX call_callout ON call (callout_id) WHERE callout_id IS NOT NULL;
CREATE INDEX call_caller ON call (caller_id) WHERE caller_id IS NOT NULL;
CREATE TABLE subscription (
	id INTEGER PRIMARY KEY,
	person_id INTEGER NOT NULL REFERENCES person (id),
	kind TEXT NOT NULL,			-- street, area, category, all
	ref INTEGER NOT NULL DEFAULT 0,		-- street or area; 0 of the others
	category TEXT NOT NULL DEFAULT '',	-- slug; '' of the others
	since INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscription_what ON subscription (kind, ref, category, person_id);
CREATE INDEX subscription_person ON subscription (person_id, kind, ref, category);
CREATE TABLE notice (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,		-- of who sends it: the same again is the same notice
	state TEXT NOT NULL,			-- draft, gathering, waiting, running, paused, done, cancelled, expired
	go INTEGER NOT NULL DEFAULT 0,		-- it may be sent; 0: a draft, also while it is gathering
	kind TEXT NOT NULL DEFAULT 'alert',	-- alert, update, cancel (CAP 1.2, msgType)
	follows INTEGER REFERENCES notice (id),	-- an update or cancel of this
	title TEXT NOT NULL DEFAULT '',
	words TEXT NOT NULL,			-- JSON: {"nl": "...", "en": "..."}
	audience TEXT NOT NULL,			-- JSON, flow/broadcast.h
	list TEXT NOT NULL DEFAULT '',		-- what STOP for this list is called; '' none
	voice INTEGER NOT NULL DEFAULT 0,	-- whoever cannot be texted is called
	start INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	quiet_from INTEGER NOT NULL DEFAULT 0,	-- minutes of the city's day; equal: none
	quiet_to INTEGER NOT NULL DEFAULT 0,
	canary INTEGER NOT NULL DEFAULT 0,	-- so many first, then it waits for a look; 0 none
	pace INTEGER NOT NULL DEFAULT 0,	-- texts a minute at most; 0: what the lines can
	who TEXT NOT NULL,
	created INTEGER NOT NULL,
	due INTEGER,				-- when time alone changes something; NULL: an event does
	ended INTEGER,				-- NULL: something may still be sent
	-- how far it is, kept as its recipients change
	recipients INTEGER NOT NULL DEFAULT 0,
	queued INTEGER NOT NULL DEFAULT 0,
	sent INTEGER NOT NULL DEFAULT 0,
	delivered INTEGER NOT NULL DEFAULT 0,
	failed INTEGER NOT NULL DEFAULT 0,
	skipped INTEGER NOT NULL DEFAULT 0
, taking INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX notice_open ON notice (id) WHERE ended IS NULL;
CREATE INDEX notice_due ON notice (due) WHERE due IS NOT NULL;
CREATE INDEX notice_follows ON notice (follows) WHERE follows IS NOT NULL;
CREATE TABLE notice_recipient (
	notice_id INTEGER NOT NULL REFERENCES notice (id),
	number TEXT NOT NULL,
	person_id INTEGER,			-- NULL: of a file, and never heard
	language TEXT,				-- NULL: the city's first
	state INTEGER NOT NULL DEFAULT 0,	-- 0 due, 1 queued, 2 sent, 3 delivered, 4 failed, 5 skipped
	PRIMARY KEY (notice_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_recipient_due ON notice_recipient (notice_id, number) WHERE state = 0;
CREATE INDEX notice_recipient_person ON notice_recipient (person_id) WHERE person_id IS NOT NULL;
CREATE TABLE notice_language (
	notice_id INTEGER NOT NULL REFERENCES notice (id),
	language TEXT NOT NULL,			-- '' the city's first
	people INTEGER NOT NULL,
	PRIMARY KEY (notice_id, language)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER notice_recipient_count AFTER UPDATE OF state ON notice_recipient
WHEN new.state <> old.state BEGIN
	UPDATE notice SET
		queued = queued + (new.state = 1) - (old.state = 1),
		sent = sent + (new.state = 2) - (old.state = 2),
		delivered = delivered + (new.state = 3) - (old.state = 3),
		failed = failed + (new.state = 4) - (old.state = 4),
		skipped = skipped + (new.state = 5) - (old.state = 5)
	WHERE id = new.notice_id;
END;
CREATE TABLE notice_stop (
	person_id INTEGER NOT NULL REFERENCES person (id),
	list TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (person_id, list)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_notice ON outbox (notice_id) WHERE notice_id IS NOT NULL AND state = 'queued';
CREATE INDEX report_area ON report (area_id, id) WHERE area_id IS NOT NULL;
CREATE INDEX report_address ON report (address_id, id) WHERE address_id IS NOT NULL;
CREATE INDEX report_category ON report (category, id);
CREATE INDEX report_lat ON report (lat, id) WHERE lat IS NOT NULL AND created > 0;
CREATE TABLE staff (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,		-- what they sign in with
	role TEXT NOT NULL,			-- caretaker, clerk, editor, operator: each may do what those before it may
	language TEXT NOT NULL DEFAULT 'nl',	-- of the console
	password TEXT,				-- argon2id, as libsodium writes it; NULL: no console
	number TEXT UNIQUE,			-- of their phone; NULL: no street mode
	totp TEXT,				-- secret of their one-time codes (RFC 6238), base32; NULL: none
	totp_step INTEGER NOT NULL DEFAULT 0,	-- of the last code that was taken: none is taken twice
	failures INTEGER NOT NULL DEFAULT 0,	-- wrong passwords and codes in a row
	locked_until INTEGER NOT NULL DEFAULT 0,
	shift_until INTEGER NOT NULL DEFAULT 0,	-- their phone has given its code for this shift
	created INTEGER NOT NULL,
	ended INTEGER				-- may do nothing any more; the row stays for the audit
, password_first INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE staff_session (
	token BLOB PRIMARY KEY,
	staff_id INTEGER NOT NULL REFERENCES staff (id),
	csrf TEXT NOT NULL,
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	said TEXT				-- shown once on the next page; NULL: nothing
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_session_staff ON staff_session (staff_id);
CREATE INDEX staff_session_expires ON staff_session (expires);
CREATE INDEX audit_at ON audit (at);
CREATE TABLE report_day (
	what TEXT NOT NULL,			-- filed, solved, kept (solved within its promise): all together
						-- category, area: filed, by name
	day INTEGER NOT NULL,			-- filed: of the report; solved, kept: when it was solved
	name TEXT NOT NULL DEFAULT '',		-- category, or id of the area ('' not known)
	n INTEGER NOT NULL,
	PRIMARY KEY (what, day, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE report_took (
	week INTEGER NOT NULL,
	contractor TEXT NOT NULL,
	bucket INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (week, contractor, bucket)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER report_day_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_day VALUES ('filed', new.created / 86400, '', 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('category', new.created / 86400, new.category, 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('area', new.created / 86400, ifnull(new.area_id, ''), 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER report_day_solved AFTER UPDATE OF state ON report
WHEN new.state = 'solved' AND old.solved IS NULL BEGIN
	UPDATE report SET solved = new.state_at WHERE id = new.id;
	INSERT INTO report_day VALUES ('solved', new.state_at / 86400, '', 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('kept', new.state_at / 86400, '', new.state_at <= new.promise)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + excluded.n;
	INSERT INTO report_took VALUES ((new.state_at / 86400 + 3) / 7, new.contractor,
		CASE WHEN new.state_at - new.created < 172800 THEN max(new.state_at - new.created, 0) / 3600
		ELSE min(46 + (new.state_at - new.created) / 86400, 411) END, 1)
		ON CONFLICT (week, contractor, bucket) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER report_day_reopened AFTER UPDATE OF state ON report
WHEN old.solved IS NOT NULL AND new.state NOT IN ('solved', 'closed') BEGIN
	UPDATE report SET solved = NULL WHERE id = new.id;
	UPDATE report_day SET n = n - 1 WHERE what = 'solved' AND day = old.solved / 86400 AND name = '';
	UPDATE report_day SET n = n - (old.solved <= old.promise)
		WHERE what = 'kept' AND day = old.solved / 86400 AND name = '';
	UPDATE report_took SET n = n - 1 WHERE week = (old.solved / 86400 + 3) / 7
		AND contractor = old.contractor AND bucket =
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END;
END;
CREATE TRIGGER report_took_moved AFTER UPDATE OF contractor ON report
WHEN old.solved IS NOT NULL AND new.contractor <> old.contractor BEGIN
	UPDATE report_took SET n = n - 1 WHERE week = (old.solved / 86400 + 3) / 7
		AND contractor = old.contractor AND bucket =
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END;
	INSERT INTO report_took VALUES ((old.solved / 86400 + 3) / 7, new.contractor,
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END, 1)
		ON CONFLICT (week, contractor, bucket) DO UPDATE SET n = n + 1;
END;
CREATE INDEX report_merged ON report (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE notice_cap (
	notice_id INTEGER PRIMARY KEY REFERENCES notice (id),
	alert TEXT NOT NULL
) STRICT;
CREATE INDEX callout_notice ON callout (notice_id) WHERE notice_id IS NOT NULL AND ended IS NULL;
CREATE INDEX notice_recipient_call ON notice_recipient (notice_id, number) WHERE state = 6;
CREATE TRIGGER outbox_notice_fate AFTER UPDATE OF state ON outbox
WHEN new.notice_id IS NOT NULL AND new.state <> old.state BEGIN
	UPDATE notice_recipient SET state = CASE new.state
		WHEN 'queued' THEN 1 WHEN 'sending' THEN 1
		WHEN 'sent' THEN 2 WHEN 'doubt' THEN 2
		WHEN 'delivered' THEN 3
		WHEN 'failed' THEN iif((SELECT voice FROM notice WHERE id = new.notice_id), 6, 4)
		ELSE 4 END
	WHERE notice_id = new.notice_id AND number = new.number;
	-- its status report may come after the last text has left
	UPDATE notice SET state = 'running', ended = NULL
	WHERE new.state = 'failed' AND id = new.notice_id AND voice AND state = 'done';
END;
CREATE TRIGGER callout_notice_fate AFTER UPDATE OF state ON callout
WHEN new.notice_id IS NOT NULL AND new.ended IS NOT NULL AND old.ended IS NULL BEGIN
	UPDATE notice_recipient SET state = CASE new.state
		WHEN 'reached' THEN 3 WHEN 'unreached' THEN 4 ELSE 5 END
	WHERE notice_id = new.notice_id AND number = new.number;
END;
CREATE INDEX report_open ON report (id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_of_contractor ON report (contractor, id) WHERE contractor <> '';
CREATE INDEX report_event_written ON report_event (written);
CREATE INDEX report_list_created ON report (created, category, state);
CREATE INDEX report_list_category ON report (category, created, state);
CREATE INDEX report_list_updated ON report (updated, category, state);
CREATE INDEX address_lat ON address (lat, lon);
CREATE TRIGGER report_event_updated AFTER INSERT ON report_event BEGIN
	UPDATE report SET updated = max(updated, new.written) WHERE id = new.report_id;
END;
CREATE TABLE open311 (
	report_id INTEGER PRIMARY KEY REFERENCES report (id),
	source TEXT NOT NULL,			-- name of the key that filed it
	key TEXT,				-- theirs, the same for every try; NULL: they gave none
	content TEXT NOT NULL,			-- hash of what was said
	created INTEGER NOT NULL
, media_url TEXT) STRICT;
CREATE UNIQUE INDEX open311_key ON open311 (source, key) WHERE key NOT NULL;
CREATE INDEX open311_content ON open311 (source, content, created);
CREATE TABLE open311_update (
	source TEXT NOT NULL,
	update_id TEXT NOT NULL,		-- theirs
	event_id INTEGER NOT NULL REFERENCES report_event (id), media_url TEXT,
	PRIMARY KEY (source, update_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX open311_update_event ON open311_update (event_id);
CREATE INDEX notice_list ON notice (list COLLATE NOCASE) WHERE list <> '';
CREATE TABLE menu_day (
	day INTEGER NOT NULL,			-- UTC, since 1970
	node TEXT NOT NULL,			-- of the menus; it may be gone from them by now
	channel TEXT NOT NULL,			-- sms (texts, also of the simulated phone), ussd, voice
	came INTEGER NOT NULL DEFAULT 0,	-- a turn ended with its question
	left_off INTEGER NOT NULL DEFAULT 0,	-- no answer came any more, or the caller hung up at it
	PRIMARY KEY (day, node, channel)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER menu_day_hung_up AFTER UPDATE OF ended ON call
WHEN new.ended IS NOT NULL AND old.ended IS NULL AND new.cause = 'hung-up' AND new.node <> '' BEGIN
	INSERT INTO menu_day (day, node, channel, left_off) VALUES (new.ended / 86400, new.node, 'voice', 1)
		ON CONFLICT (day, node, channel) DO UPDATE SET left_off = left_off + 1;
END;
CREATE INDEX report_list_changed ON report (category, updated, state);
CREATE INDEX report_list_open ON report (created) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_list_open_category ON report (category, created)
	WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE TABLE agenda (
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL UNIQUE,		-- in that register
	kind TEXT NOT NULL CHECK (kind IN ('closure', 'event')),
	titles TEXT NOT NULL,			-- JSON: what it is, by language; "" for all others
	place TEXT NOT NULL,			-- "Spui 66-70", as people read it; '' none
	by_whom TEXT NOT NULL,			-- who organises it or does the work; '' not known
	south REAL NOT NULL,			-- the box around all of it, WGS84
	west REAL NOT NULL,
	north REAL NOT NULL,
	east REAL NOT NULL,
	starts INTEGER NOT NULL,
	ends INTEGER NOT NULL
) STRICT;
CREATE INDEX agenda_ends ON agenda (ends);
CREATE INDEX audit_who ON audit (who);
CREATE INDEX subscriber_claim ON subscriber (claim) WHERE claim <> '';
CREATE VIEW report_text AS SELECT id, description, place, char(57345 + (id >> 16) % 6000) || ' '
	|| char(57344) || 'c' || replace(replace(category, '-', ''), '_', '') || ' '
	|| char(57344) || 'a' || ifnull(area_id, '') AS marks FROM report;
CREATE VIRTUAL TABLE report_words USING fts5 (description, place, marks, content='report_text', content_rowid='id',
	detail=none, columnsize=0, prefix='4 5 6', tokenize="unicode61 remove_diacritics 2");
CREATE TRIGGER report_words_changing BEFORE UPDATE OF description, place, category, area_id ON report BEGIN
	INSERT INTO report_words (report_words, rowid, description, place, marks)
		SELECT 'delete', id, description, place, marks FROM report_text WHERE id = old.id;
END;
CREATE INDEX report_state ON report (state, id);
CREATE INDEX report_open_category ON report (category, id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_open_area ON report (area_id, id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE TABLE staff_wait (
	staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
	text TEXT,				-- what is done once the code comes; NULL: a notice is sent
	notice_id INTEGER REFERENCES notice (id),
	until INTEGER NOT NULL,			-- of a notice: when the code was asked for
	due INTEGER				-- when the text lapses; NULL: it has (and is empty), or it is a notice, which has its own
) STRICT;
CREATE INDEX staff_wait_due ON staff_wait (due) WHERE due IS NOT NULL;
CREATE INDEX report_list_open_updated ON report (updated)
	WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_open_near ON report (CAST(lat * 1000 AS INTEGER), lon, lat, thing, category, area_id, contractor)
	WHERE state NOT IN ('solved', 'closed', 'rejected') AND lat IS NOT NULL;
CREATE TRIGGER report_words_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
	INSERT INTO report_words (report_words, rank) VALUES ('merge', 8);
END;
CREATE TRIGGER report_words_changed AFTER UPDATE OF description, place, category, area_id ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
	INSERT INTO report_words (report_words, rank) VALUES ('merge', 8);
END;
