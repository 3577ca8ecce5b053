-- What is open near a place: strips of a thousandth of a degree of latitude (some hundred metres), each from west to east,
-- with all that is compared, so that the reports themselves are read only where they are shown.
DROP INDEX report_open_lat;
CREATE INDEX report_open_near ON report (CAST(lat * 1000 AS INTEGER), lon, lat, thing, category, area_id, contractor)
	WHERE state NOT IN ('solved', 'closed', 'rejected') AND lat IS NOT NULL;
