-- A password that was made for somebody: it opens the console only to choose another.
ALTER TABLE staff ADD COLUMN password_first INTEGER NOT NULL DEFAULT 0;
