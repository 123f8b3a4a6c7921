# Tests of the toolkit and of the screens; written and run as those in tests/unit. The golden screens are in golden/;
# RS_UPDATE_GOLDEN=1 writes them anew. "demo" shows the sample screens in a terminal; it is not run here.
EXTRA_DIST += %reldir%/fake_engine.h %reldir%/world.h
EXTRA_DIST += %reldir%/sample.h %reldir%/script.h %reldir%/ui.h %reldir%/golden

ui_tests =
if WITH_TESTS
check_PROGRAMS += $(ui_tests) %reldir%/demo
TESTS += $(ui_tests)

%canon_reldir%_demo_SOURCES = %reldir%/demo.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_demo_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_canvas
%canon_reldir%_test_canvas_SOURCES = %reldir%/test_canvas.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_canvas_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_edit
%canon_reldir%_test_edit_SOURCES = %reldir%/test_edit.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_edit_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_keymap
%canon_reldir%_test_keymap_SOURCES = %reldir%/test_keymap.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_keymap_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_widgets
%canon_reldir%_test_widgets_SOURCES = %reldir%/test_widgets.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_widgets_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_table
%canon_reldir%_test_table_SOURCES = %reldir%/test_table.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_table_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_loop
%canon_reldir%_test_loop_SOURCES = %reldir%/test_loop.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_loop_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_golden
%canon_reldir%_test_golden_SOURCES = %reldir%/test_golden.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_golden_LDADD = $(unit_tui) -lm
ui_tests += %reldir%/test_term
%canon_reldir%_test_term_SOURCES = %reldir%/test_term.c %reldir%/sample.c %reldir%/script.c
%canon_reldir%_test_term_LDADD = $(unit_tui) -lm

# The program's screens, on an engine that says what it is told to say.
ui_tests += %reldir%/test_app_golden
%canon_reldir%_test_app_golden_SOURCES = %reldir%/test_app_golden.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_golden_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_chinese
%canon_reldir%_test_app_chinese_SOURCES = %reldir%/test_app_chinese.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_chinese_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_flows
%canon_reldir%_test_app_flows_SOURCES = %reldir%/test_app_flows.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_flows_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_task
%canon_reldir%_test_app_task_SOURCES = %reldir%/test_app_task.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_task_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_tasks
%canon_reldir%_test_app_tasks_SOURCES = %reldir%/test_app_tasks.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_tasks_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_objects
%canon_reldir%_test_app_objects_SOURCES = %reldir%/test_app_objects.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_objects_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_bytes
%canon_reldir%_test_app_bytes_SOURCES = %reldir%/test_app_bytes.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_bytes_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_random
%canon_reldir%_test_app_random_SOURCES = %reldir%/test_app_random.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_random_LDADD = $(unit_screen)
ui_tests += %reldir%/test_app_keys
%canon_reldir%_test_app_keys_SOURCES = %reldir%/test_app_keys.c %reldir%/world.c %reldir%/fake_engine.c %reldir%/script.c
%canon_reldir%_test_app_keys_LDADD = $(unit_screen)
endif
