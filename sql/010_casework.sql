-- Reports that another contractor takes over, and those that are the same as another.
ALTER TABLE report ADD COLUMN merged_into INTEGER;	-- the report that this is the same as
CREATE INDEX report_merged ON report (merged_into) WHERE merged_into IS NOT NULL;

-- An order that is taken back from who had it: what was ordered before goes out first, then this.
ALTER TABLE forward ADD COLUMN withdraws INTEGER NOT NULL DEFAULT 0;
ALTER TABLE forward ADD COLUMN their_ref TEXT;	-- of who had it; the report's own is of who has it now
