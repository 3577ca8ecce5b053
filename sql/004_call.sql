-- Calls, and what callers said for a person to hear.
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
) STRICT;
CREATE INDEX call_person ON call (person_id);
CREATE INDEX call_open ON call (id) WHERE ended IS NULL;
CREATE INDEX call_ended ON call (ended) WHERE ended IS NOT NULL;

-- A row is made before its file, which is named by its id; a file without a row is erased.
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
