EXTRA_DIST += %reldir%/local.mk
