libengine_a_SOURCES += \
	%reldir%/bond.c %reldir%/bond.h \
	%reldir%/errand.c %reldir%/errand.h \
	%reldir%/objects.c %reldir%/objects.h \
	%reldir%/objects_family.c \
	%reldir%/objects_join.c \
	%reldir%/objects_request.c \
	%reldir%/objects_show.c \
	%reldir%/side.c \
	%reldir%/objects_priv.h
