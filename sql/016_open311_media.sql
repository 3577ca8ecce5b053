-- Pictures that come over Open311, and what its lists of some categories and of open reports are read from.
ALTER TABLE open311 ADD COLUMN media_url TEXT;
ALTER TABLE open311_update ADD COLUMN media_url TEXT;
CREATE INDEX report_list_changed ON report (category, updated, state);
CREATE INDEX report_list_open ON report (created) WHERE state NOT IN ('solved', 'closed', 'rejected');
CREATE INDEX report_list_open_category ON report (category, created)
	WHERE state NOT IN ('solved', 'closed', 'rejected');
