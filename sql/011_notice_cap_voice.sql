-- A notice that came as CAP 1.2: as it came, so that it is given on as it came.
CREATE TABLE notice_cap (
	notice_id INTEGER PRIMARY KEY REFERENCES notice (id),
	alert TEXT NOT NULL
) STRICT;

-- Notices by voice: whoever cannot be texted is called.
-- State 6 of a recipient: to be called; like 0 it is counted nowhere.
ALTER TABLE callout ADD COLUMN notice_id INTEGER REFERENCES notice (id);	-- whose recipient is called
CREATE INDEX callout_notice ON callout (notice_id) WHERE notice_id IS NOT NULL AND ended IS NULL;
CREATE INDEX notice_recipient_call ON notice_recipient (notice_id, number) WHERE state = 6;

-- What becomes of the text is what becomes of its recipient; where it failed for good they are called.
DROP TRIGGER outbox_notice_fate;
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

-- And of a call.
CREATE TRIGGER callout_notice_fate AFTER UPDATE OF state ON callout
WHEN new.notice_id IS NOT NULL AND new.ended IS NOT NULL AND old.ended IS NULL BEGIN
	UPDATE notice_recipient SET state = CASE new.state
		WHEN 'reached' THEN 3 WHEN 'unreached' THEN 4 ELSE 5 END
	WHERE notice_id = new.notice_id AND number = new.number;
END;
