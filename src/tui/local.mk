noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	%reldir%/box.c %reldir%/box.h %reldir%/button.c %reldir%/canvas.c %reldir%/canvas.h \
	%reldir%/choice.c %reldir%/choice.h %reldir%/dialog.c %reldir%/dialog.h %reldir%/edit.c \
	%reldir%/edit.h %reldir%/entry.c %reldir%/entry.h %reldir%/fieldset.c %reldir%/fieldset.h \
	%reldir%/frame.c %reldir%/frame.h %reldir%/glyph.h %reldir%/graph.c %reldir%/help.c %reldir%/input.c \
	%reldir%/input.h %reldir%/keymap.c %reldir%/keymap.h %reldir%/label.c %reldir%/label.h \
	%reldir%/locale.c %reldir%/locale.h %reldir%/loop.c %reldir%/loop.h %reldir%/options.c \
	%reldir%/options.h %reldir%/overlay.h %reldir%/postbox.c %reldir%/postbox.h %reldir%/screen.h \
	%reldir%/table.c %reldir%/table.h %reldir%/term.c \
	%reldir%/term.h %reldir%/termkey.c %reldir%/termkey.h %reldir%/textview.c %reldir%/textview.h \
	%reldir%/theme.c %reldir%/theme.h %reldir%/timer.c %reldir%/timer.h %reldir%/tree.c \
	%reldir%/outlet.c %reldir%/outlet.h %reldir%/rescue.c %reldir%/tree.h %reldir%/tty.c %reldir%/tty.h %reldir%/tui.h %reldir%/widget.c \
	%reldir%/widget.h
