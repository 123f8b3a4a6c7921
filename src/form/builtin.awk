# Turns form definitions into C: the copy that is built into the program.
function quote(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/\t/, "\\t", s)
	return s
}
BEGIN {
	print "/* Generated from forms/ by builtin.awk. */"
	print "#include <stddef.h>"
	print "#include \"form/form_read.h\""
	print ""
	print "const struct rs_form_builtin rs_form_builtins[] = {"
}
FNR == 1 {
	if (open)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	printf "\t{\"%s\",\n", name
	open = 1
}
{
	printf "\t \"%s\\n\"\n", quote($0)
}
END {
	if (open)
		print "\t},"
	print "\t{NULL, NULL}};"
}
