-- How many reports were filed and solved a day, kept as they change: a page that shows half a year must not count ten
-- million reports.  Days are UTC's, since 1970.
ALTER TABLE report ADD COLUMN solved INTEGER;	-- when it became solved, and was not reopened since; NULL: it is not

CREATE TABLE report_day (
	what TEXT NOT NULL,			-- filed, solved, kept (solved within its promise): all together
						-- category, area: filed, by name
	day INTEGER NOT NULL,			-- filed: of the report; solved, kept: when it was solved
	name TEXT NOT NULL DEFAULT '',		-- category, or id of the area ('' not known)
	n INTEGER NOT NULL,
	PRIMARY KEY (what, day, name)
) STRICT, WITHOUT ROWID;

-- How long a contractor took: a histogram for each week of solving (weeks begin on Monday, 0 is that of 1970-01-01).
-- A bucket is hours up to 47, then days: 48 is two days, 49 three, up to a year.
CREATE TABLE report_took (
	week INTEGER NOT NULL,
	contractor TEXT NOT NULL,
	bucket INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (week, contractor, bucket)
) STRICT, WITHOUT ROWID;

-- What was solved already.  A closed one was solved when it said so last.
UPDATE report SET solved = state_at WHERE state = 'solved';
UPDATE report SET solved = (SELECT max(at) FROM report_event WHERE report_id = report.id AND state = 'solved')
WHERE state = 'closed';
INSERT INTO report_day (what, day, n) SELECT 'filed', created / 86400, count(*) FROM report GROUP BY 2;
INSERT INTO report_day (what, day, name, n) SELECT 'category', created / 86400, category, count(*) FROM report GROUP BY 2, 3;
INSERT INTO report_day (what, day, name, n) SELECT 'area', created / 86400, ifnull(area_id, ''), count(*) FROM report GROUP BY 2, 3;
INSERT INTO report_day (what, day, n) SELECT 'solved', solved / 86400, count(*) FROM report WHERE solved NOT NULL GROUP BY 2;
INSERT INTO report_day (what, day, n) SELECT 'kept', solved / 86400, count(*) FROM report
	WHERE solved <= promise GROUP BY 2;
INSERT INTO report_took (week, contractor, bucket, n)
	SELECT (solved / 86400 + 3) / 7, contractor,
		CASE WHEN solved - created < 172800 THEN max(solved - created, 0) / 3600
		ELSE min(46 + (solved - created) / 86400, 411) END, count(*)
	FROM report WHERE solved NOT NULL GROUP BY 1, 2, 3;

CREATE TRIGGER report_day_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_day VALUES ('filed', new.created / 86400, '', 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('category', new.created / 86400, new.category, 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('area', new.created / 86400, ifnull(new.area_id, ''), 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER report_day_solved AFTER UPDATE OF state ON report
WHEN new.state = 'solved' AND old.solved IS NULL BEGIN
	UPDATE report SET solved = new.state_at WHERE id = new.id;
	INSERT INTO report_day VALUES ('solved', new.state_at / 86400, '', 1)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + 1;
	INSERT INTO report_day VALUES ('kept', new.state_at / 86400, '', new.state_at <= new.promise)
		ON CONFLICT (what, day, name) DO UPDATE SET n = n + excluded.n;
	INSERT INTO report_took VALUES ((new.state_at / 86400 + 3) / 7, new.contractor,
		CASE WHEN new.state_at - new.created < 172800 THEN max(new.state_at - new.created, 0) / 3600
		ELSE min(46 + (new.state_at - new.created) / 86400, 411) END, 1)
		ON CONFLICT (week, contractor, bucket) DO UPDATE SET n = n + 1;
END;

-- It was not solved after all.
CREATE TRIGGER report_day_reopened AFTER UPDATE OF state ON report
WHEN old.solved IS NOT NULL AND new.state NOT IN ('solved', 'closed') BEGIN
	UPDATE report SET solved = NULL WHERE id = new.id;
	UPDATE report_day SET n = n - 1 WHERE what = 'solved' AND day = old.solved / 86400 AND name = '';
	UPDATE report_day SET n = n - (old.solved <= old.promise)
		WHERE what = 'kept' AND day = old.solved / 86400 AND name = '';
	UPDATE report_took SET n = n - 1 WHERE week = (old.solved / 86400 + 3) / 7
		AND contractor = old.contractor AND bucket =
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END;
END;

-- Another has it, so another solved it.
CREATE TRIGGER report_took_moved AFTER UPDATE OF contractor ON report
WHEN old.solved IS NOT NULL AND new.contractor <> old.contractor BEGIN
	UPDATE report_took SET n = n - 1 WHERE week = (old.solved / 86400 + 3) / 7
		AND contractor = old.contractor AND bucket =
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END;
	INSERT INTO report_took VALUES ((old.solved / 86400 + 3) / 7, new.contractor,
		CASE WHEN old.solved - old.created < 172800 THEN max(old.solved - old.created, 0) / 3600
		ELSE min(46 + (old.solved - old.created) / 86400, 411) END, 1)
		ON CONFLICT (week, contractor, bucket) DO UPDATE SET n = n + 1;
END;
