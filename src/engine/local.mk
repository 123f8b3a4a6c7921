noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/coordinator.c \
	%reldir%/engine.c %reldir%/engine.h \
	%reldir%/failover.c \
	%reldir%/limits.c \
	%reldir%/plan.c \
	%reldir%/release.c \
	%reldir%/spool.c %reldir%/spool.h \
	%reldir%/state.c %reldir%/state.h \
	%reldir%/statement.c \
	%reldir%/core.h

include %reldir%/control/local.mk
include %reldir%/copy/local.mk
include %reldir%/follow/local.mk
include %reldir%/job/local.mk
include %reldir%/objects/local.mk
include %reldir%/report/local.mk
include %reldir%/verify/local.mk
