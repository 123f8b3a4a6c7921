# Turns form definitions into C: the copy that is built into the program.
function quote(s) {
	gsub(/[\\"]/, "\\\\&", s)
	gsub(/\t/, "\\t", s)
	return s
}
BEGIN {
	print "/* Generated from forms/ by builtin.awk. */"
	print "#include \"form/form_read.h\""
	print ""
	print "const struct rs_form_builtin rs_form_builtins[] = {"
}
FNR == 1 {
	if (open)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	print "\t{\"" name "\","
	open = 1
}
{
	print "\t \"" quote($0) "\\n\""
}
END {
	if (open)
		print "\t},"
	print "\t{NULL, NULL}};"
}
