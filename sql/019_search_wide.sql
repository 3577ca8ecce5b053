-- Reports found by words and filters among ten million: every list comes from an index that ends with its order, and what
-- is read of the words' index ends where the window of the reports ends.
DROP TRIGGER report_words_filed;
DROP TRIGGER report_words_changed;
DROP TABLE report_words;

-- What is looked for in a report beside its words, each one word that nobody types (they begin in Unicode's private use):
-- its window of 65,536 ids, its category, its area.  With the window a search for two words that never meet ends there.
CREATE VIEW report_text AS SELECT id, description, place, char(57345 + (id >> 16) % 6000) || ' '
	|| char(57344) || 'c' || replace(replace(category, '-', ''), '_', '') || ' '
	|| char(57344) || 'a' || ifnull(area_id, '') AS marks FROM report;

-- The index knows in which reports a word is, not where in them.  Beginnings of words have indexes of their own: those of
-- other lengths would be put together from all words that begin so, which takes a second where they are common.
CREATE VIRTUAL TABLE report_words USING fts5 (description, place, marks, content='report_text', content_rowid='id',
	detail=none, columnsize=0, prefix='4 5 6', tokenize="unicode61 remove_diacritics 2");
INSERT INTO report_words (report_words) VALUES ('rebuild');

CREATE TRIGGER report_words_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
END;
-- Before it is written the view still has the old words.
CREATE TRIGGER report_words_changing BEFORE UPDATE OF description, place, category, area_id ON report BEGIN
	INSERT INTO report_words (report_words, rowid, description, place, marks)
		SELECT 'delete', id, description, place, marks FROM report_text WHERE id = old.id;
END;
CREATE TRIGGER report_words_changed AFTER UPDATE OF description, place, category, area_id ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
END;

DROP INDEX report_ended;
CREATE INDEX report_state ON report (state, id);
CREATE INDEX report_open_category ON report (category, id) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_open_area ON report (area_id, id) WHERE state NOT IN ('solved', 'closed', 'rejected');
-- report_list_created begins with the same
DROP INDEX report_created;
