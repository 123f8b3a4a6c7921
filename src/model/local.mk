noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	%reldir%/batch.h %reldir%/change.h %reldir%/finding.h %reldir%/position.h %reldir%/schema.h %reldir%/value.h
libmodel_a_SOURCES += %reldir%/catalog.h
