-- Where in the menus people come, and where they leave off: for whoever writes the menus.
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
