# What makes the program at home on a host: a unit for systemd, of the system and of a user, and completion for shells. They
# go below the prefix, where the shells and systemd look by themselves when that is /usr or /usr/local.
systemunitdir = $(prefix)/lib/systemd/system
userunitdir = $(prefix)/lib/systemd/user
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions

EXTRA_DIST += %reldir%/rds-sync@.service.in
systemunit_DATA = %reldir%/system/rds-sync@.service
userunit_DATA = %reldir%/user/rds-sync@.service
bashcompletion_DATA = %reldir%/bash/rds-sync
zshcompletion_DATA = %reldir%/zsh/_rds-sync
CLEANFILES += $(systemunit_DATA) $(userunit_DATA) $(bashcompletion_DATA) $(zshcompletion_DATA)

%reldir%/system/rds-sync@.service: wanted_by = multi-user.target
%reldir%/user/rds-sync@.service: wanted_by = default.target
$(systemunit_DATA) $(userunit_DATA): %reldir%/rds-sync@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)$(SED) -e 's|@bindir[@]|$(bindir)|g' -e 's|@wanted_by[@]|$(wanted_by)|g' \
		$(srcdir)/%reldir%/rds-sync@.service.in >$@

# Made by the program from its own tables, but for a machine that can't run it: then they are empty. Leaks are looked for by
# the tests: here the program can't be looked into.
$(bashcompletion_DATA) $(zshcompletion_DATA): rds-sync$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D)
	$(AM_V_at)if test "$(cross_compiling)" = yes; then : >$@; else \
		ASAN_OPTIONS=detect_leaks=0 ./rds-sync$(EXEEXT) completion $$(basename $(@D)) >$@.tmp && mv $@.tmp $@; fi
