-- What happens in the city: events, and roads and places that are closed, from the city's own register.
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
