libengine_a_SOURCES += \
	%reldir%/alerter.c %reldir%/alerts.c %reldir%/alerts.h \
	%reldir%/anchored.c \
	%reldir%/bottleneck.c \
	%reldir%/diagnostics.c \
	%reldir%/hot.c \
	%reldir%/house.c \
	%reldir%/journal.c \
	%reldir%/metrics.c %reldir%/metrics.h \
	%reldir%/metrics_http.c %reldir%/metrics_http.h \
	%reldir%/past.c %reldir%/past.h \
	%reldir%/progress.c %reldir%/progress.h \
	%reldir%/progress_json.c \
	%reldir%/stats.c \
	%reldir%/usage.c \
	%reldir%/verify_json.c \
	%reldir%/verify_words.c \
	%reldir%/workers_json.c
