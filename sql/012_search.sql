-- Reports found by words, and lists of them that do not look at ten million rows.
CREATE VIRTUAL TABLE report_words USING fts5 (description, place, content='report', content_rowid='id',
	tokenize="unicode61 remove_diacritics 2");
INSERT INTO report_words (report_words) VALUES ('rebuild');

CREATE TRIGGER report_words_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_words (rowid, description, place) VALUES (new.id, new.description, new.place);
END;
CREATE TRIGGER report_words_changed AFTER UPDATE OF description, place ON report BEGIN
	INSERT INTO report_words (report_words, rowid, description, place)
		VALUES ('delete', old.id, old.description, old.place);
	INSERT INTO report_words (rowid, description, place) VALUES (new.id, new.description, new.place);
END;

CREATE INDEX report_open ON report (id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_ended ON report (state, id) WHERE state IN ('solved', 'rejected');
CREATE INDEX report_of_contractor ON report (contractor, id) WHERE contractor <> '';
