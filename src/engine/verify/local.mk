libengine_a_SOURCES += \
	%reldir%/budget.c %reldir%/budget.h \
	%reldir%/compare.c %reldir%/compare.h \
	%reldir%/compare_key.c \
	%reldir%/compare_priv.h \
	%reldir%/compare_report.c \
	%reldir%/compare_row.c %reldir%/compare_row.h \
	%reldir%/compare_suspect.c %reldir%/compare_suspect.h \
	%reldir%/judge.c \
	%reldir%/known.c \
	%reldir%/lookout.c %reldir%/lookout.h \
	%reldir%/pass.c \
	%reldir%/repair.c %reldir%/repair.h \
	%reldir%/repair_part.c \
	%reldir%/repair_priv.h \
	%reldir%/repairs.c %reldir%/repairs.h \
	%reldir%/row_key.c %reldir%/row_key.h \
	%reldir%/scope.c %reldir%/scope.h \
	%reldir%/verified_table.c \
	%reldir%/verifier.c %reldir%/verifier.h %reldir%/verifier_priv.h \
	%reldir%/verify.c
