libengine_a_SOURCES += \
	%reldir%/compare.c %reldir%/compare.h \
	%reldir%/compare_row.c %reldir%/compare_row.h \
	%reldir%/compare_suspect.c %reldir%/compare_suspect.h \
	%reldir%/repair.c %reldir%/repair.h \
	%reldir%/repairs.c %reldir%/repairs.h \
	%reldir%/verify.c
