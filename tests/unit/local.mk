# Unit tests: one CUnit program a module.
