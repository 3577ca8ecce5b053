-- What Open311's list of open reports by their last change is read from.  media_url of open311 and open311_update may
-- hold several addresses, one a line.
CREATE INDEX report_list_open_updated ON report (updated)
	WHERE state NOT IN ('solved', 'closed', 'rejected');
