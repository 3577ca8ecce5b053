-- Whose SIM it is, where the network tells the IMSI only: the number is asked once.
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

-- Codes that were texted, to count them: a stranger's phone must not be made to ring all night.
CREATE TABLE subscriber_code (
	id INTEGER PRIMARY KEY,
	imsi TEXT NOT NULL,
	number TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriber_code_imsi ON subscriber_code (imsi, at);
CREATE INDEX subscriber_code_number ON subscriber_code (number, at);
CREATE INDEX subscriber_code_at ON subscriber_code (at);
