-- A text of a replace type (TS 23.040, 9.2.3.9) takes the place of the sender's former one of that type.
ALTER TABLE inbox ADD COLUMN replace_type INTEGER NOT NULL DEFAULT 0;	-- 1 to 7; 0: an ordinary text
CREATE INDEX inbox_replace ON inbox (number, replace_type) WHERE replace_type <> 0;
