SELECT count(*) FROM {stage}
