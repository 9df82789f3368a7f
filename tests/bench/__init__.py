"""`make bench`: the models' time beside a query by hand, in ratios of one run."""
