-- STOP for one list is looked up as residents write it.
CREATE INDEX notice_list ON notice (list COLLATE NOCASE) WHERE list <> '';
