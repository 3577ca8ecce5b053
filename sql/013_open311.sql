-- What came over our own Open311 address, and what is asked there: reports by when they were filed or last changed,
-- updates by when they were written down.
ALTER TABLE report ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;	-- when anything of it was written down last
ALTER TABLE report_event ADD COLUMN written INTEGER NOT NULL DEFAULT 0;	-- by our clock; at may be hours before it

UPDATE report_event SET written = at;
UPDATE report SET updated = max(created, state_at);
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
) STRICT;
CREATE UNIQUE INDEX open311_key ON open311 (source, key) WHERE key NOT NULL;
CREATE INDEX open311_content ON open311 (source, content, created);

-- Updates that came there: said again, one is answered with the number that it got.
CREATE TABLE open311_update (
	source TEXT NOT NULL,
	update_id TEXT NOT NULL,		-- theirs
	event_id INTEGER NOT NULL REFERENCES report_event (id),
	PRIMARY KEY (source, update_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX open311_update_event ON open311_update (event_id);
