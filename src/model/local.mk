noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	%reldir%/batch.c %reldir%/batch.h \
	%reldir%/change.c %reldir%/change.h \
	%reldir%/finding.c %reldir%/finding.h \
	%reldir%/position.c %reldir%/position.h \
	%reldir%/schema.c %reldir%/schema.h %reldir%/schema_json.c %reldir%/type.c \
	%reldir%/value.c %reldir%/value.h
libmodel_a_SOURCES += %reldir%/catalog.c %reldir%/catalog.h
libmodel_a_SOURCES += \
	%reldir%/endpoint.h \
	%reldir%/option_file.h \
	%reldir%/paths.h \
	%reldir%/registry.h \
	%reldir%/selection.h \
	%reldir%/task.h
