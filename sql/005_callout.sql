-- Calls that we place: back to a resident who asked for it, and notices that are spoken.
-- A try is written down before it is dialled; one that a crash cut off counts as a try.
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
) STRICT;
CREATE INDEX callout_due ON callout (due, id) WHERE state = 'waiting';
CREATE INDEX callout_dialling ON callout (id) WHERE state = 'dialling';
CREATE UNIQUE INDEX callout_back ON callout (number) WHERE why = 'call-back' AND ended IS NULL;
CREATE INDEX callout_number ON callout (number, created);
CREATE INDEX callout_person ON callout (person_id);
CREATE INDEX callout_ended ON callout (ended) WHERE ended IS NOT NULL;

ALTER TABLE call ADD COLUMN callout_id INTEGER REFERENCES callout (id);	-- whose try it is
ALTER TABLE call ADD COLUMN caller_id INTEGER REFERENCES call (id);	-- this is the person at the city whom that caller wants
CREATE INDEX call_callout ON call (callout_id) WHERE callout_id IS NOT NULL;
CREATE INDEX call_caller ON call (caller_id) WHERE caller_id IS NOT NULL;
