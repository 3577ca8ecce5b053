-- What residents subscribed to, notices to many, and who gets them.
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
) STRICT;
CREATE INDEX notice_open ON notice (id) WHERE ended IS NULL;
CREATE INDEX notice_due ON notice (due) WHERE due IS NOT NULL;
CREATE INDEX notice_follows ON notice (follows) WHERE follows IS NOT NULL;

-- One row a number, so nobody gets a notice twice.
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

-- What it will cost, before it is sent: those who may get it.
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

-- Who said STOP to one list only.
CREATE TABLE notice_stop (
	person_id INTEGER NOT NULL REFERENCES person (id),
	list TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (person_id, list)
) STRICT, WITHOUT ROWID;

-- What becomes of the text is what becomes of its recipient.
ALTER TABLE outbox ADD COLUMN notice_id INTEGER;
CREATE INDEX outbox_notice ON outbox (notice_id) WHERE notice_id IS NOT NULL AND state = 'queued';
CREATE TRIGGER outbox_notice_fate AFTER UPDATE OF state ON outbox
WHEN new.notice_id IS NOT NULL AND new.state <> old.state BEGIN
	UPDATE notice_recipient SET state = CASE new.state
		WHEN 'queued' THEN 1 WHEN 'sending' THEN 1
		WHEN 'sent' THEN 2 WHEN 'doubt' THEN 2
		WHEN 'delivered' THEN 3 ELSE 4 END
	WHERE notice_id = new.notice_id AND number = new.number;
END;

-- Where people live is known by what they reported.
CREATE INDEX report_area ON report (area_id, id) WHERE area_id IS NOT NULL;
CREATE INDEX report_address ON report (address_id, id) WHERE address_id IS NOT NULL;
CREATE INDEX report_category ON report (category, id);
-- Partial, so that what is open near a place keeps to its own, smaller index.
CREATE INDEX report_lat ON report (lat, id) WHERE lat IS NOT NULL AND created > 0;
