-- What one of the staff did, in the audit.
CREATE INDEX audit_who ON audit (who);

-- Cards that say to be of a number that is forgotten.
CREATE INDEX subscriber_claim ON subscriber (claim) WHERE claim <> '';
