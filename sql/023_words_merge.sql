-- Every 64th filing put segments of the words' index together at once, several hundred pages: among a million reports the
-- line stood still for 50 ms then.  Each filing does its share of that now, a few pages, and so does each change.
INSERT INTO report_words (report_words, rank) VALUES ('automerge', 0);

DROP TRIGGER report_words_filed;
CREATE TRIGGER report_words_filed AFTER INSERT ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
	INSERT INTO report_words (report_words, rank) VALUES ('merge', 8);
END;
DROP TRIGGER report_words_changed;
CREATE TRIGGER report_words_changed AFTER UPDATE OF description, place, category, area_id ON report BEGIN
	INSERT INTO report_words (rowid, description, place, marks)
		SELECT id, description, place, marks FROM report_text WHERE id = new.id;
	INSERT INTO report_words (report_words, rank) VALUES ('merge', 8);
END;
