noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/answer.c \
	%reldir%/batch.c \
	%reldir%/browse.c \
	%reldir%/control.c %reldir%/control.h \
	%reldir%/control_client.c \
	%reldir%/engine.h \
	%reldir%/errand.c %reldir%/errand.h \
	%reldir%/conflict.c %reldir%/conflict.h \
	%reldir%/compare.c %reldir%/compare.h \
	%reldir%/compare_row.c %reldir%/compare_row.h \
	%reldir%/compare_suspect.c %reldir%/compare_suspect.h \
	%reldir%/copy.c %reldir%/core.h \
	%reldir%/ddl.c \
	%reldir%/engine.c \
	%reldir%/failing.c %reldir%/failing.h \
	%reldir%/failover.c \
	%reldir%/filter.c %reldir%/filter.h \
	%reldir%/follow.c %reldir%/follow.h \
	%reldir%/gather.c \
	%reldir%/lane.c \
	%reldir%/make.c \
	%reldir%/objects.c %reldir%/objects.h %reldir%/objects_priv.h \
	%reldir%/objects_family.c \
	%reldir%/objects_join.c \
	%reldir%/objects_request.c \
	%reldir%/objects_show.c \
	%reldir%/overlap.c %reldir%/overlap.h \
	%reldir%/plan.c \
	%reldir%/release.c \
	%reldir%/repair.c %reldir%/repair.h \
	%reldir%/repairs.c %reldir%/repairs.h \
	%reldir%/side.c \
	%reldir%/spool.c %reldir%/spool.h \
	%reldir%/start.c \
	%reldir%/statement.c \
	%reldir%/stats.c \
	%reldir%/tracker.c \
	%reldir%/undo.c %reldir%/undo.h \
	%reldir%/job.c %reldir%/job.h \
	%reldir%/journal.c \
	%reldir%/limits.c \
	%reldir%/lock.c \
	%reldir%/metrics.c %reldir%/metrics.h \
	%reldir%/metrics_http.c %reldir%/metrics_http.h \
	%reldir%/precheck.c \
	%reldir%/probe.c \
	%reldir%/progress.c %reldir%/progress.h \
	%reldir%/progress_json.c \
	%reldir%/state.c %reldir%/state.h \
	%reldir%/status.c \
	%reldir%/tables.c \
	%reldir%/verify.c \
	%reldir%/xa.c %reldir%/xa.h
