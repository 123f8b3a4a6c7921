noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	%reldir%/box.h %reldir%/canvas.h %reldir%/choice.h %reldir%/dialog.h %reldir%/edit.h \
	%reldir%/entry.h %reldir%/fieldset.h %reldir%/frame.h %reldir%/glyph.h %reldir%/input.h \
	%reldir%/keymap.h %reldir%/label.h %reldir%/locale.h %reldir%/loop.h %reldir%/screen.h \
	%reldir%/script.h %reldir%/table.h %reldir%/term.h %reldir%/textview.h %reldir%/theme.h \
	%reldir%/tree.h %reldir%/tui.h %reldir%/widget.h
