noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	%reldir%/batch.h %reldir%/change.h %reldir%/finding.h %reldir%/position.h %reldir%/schema.h %reldir%/value.h
libmodel_a_SOURCES += %reldir%/catalog.h
libmodel_a_SOURCES += \
	%reldir%/endpoint.h \
	%reldir%/option_file.h \
	%reldir%/paths.h \
	%reldir%/registry.h \
	%reldir%/selection.h \
	%reldir%/task.h
