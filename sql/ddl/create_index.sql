CREATE INDEX {index} ON {relation} ({column});
