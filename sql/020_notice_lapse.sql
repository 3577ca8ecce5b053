-- What a phone of staff is asked a one-time code for: without one it lapses, and the phone is told.
CREATE TABLE staff_wait (
	staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
	text TEXT,				-- what is done once the code comes; NULL: a notice is sent
	notice_id INTEGER REFERENCES notice (id),
	until INTEGER NOT NULL,			-- of a notice: when the code was asked for
	due INTEGER				-- when the text lapses; NULL: it has (and is empty), or it is a notice, which has its own
) STRICT;
CREATE INDEX staff_wait_due ON staff_wait (due) WHERE due IS NOT NULL;
-- Kept there until now, and a quarter of an hour old at most.
DELETE FROM remembered WHERE owner = 'staff-phone';

-- A list of numbers is being written down: until its last one is in nothing of it may be sent.
ALTER TABLE notice ADD COLUMN taking INTEGER NOT NULL DEFAULT 0;
