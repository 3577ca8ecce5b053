-- Who works for the city: at the console with a password, on the street with a phone.
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
) STRICT;

-- Signed in at the console.  Only a hash of the cookie is kept.
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
