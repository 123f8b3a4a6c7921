/* Passwords in text that servers gave us: "mysql://user:password@host", as the definition of a FEDERATED table has it, must
 * not come into logs, states and screens by an error that shows a statement. Pure. */
#ifndef RS_REDACT_H
#define RS_REDACT_H

/* Puts "***" in the place of what stands between the user and the host of a URL, in place. Where the text ends before the
 * host it was cut off, and what there is of a password goes as well. Text without one stays as it is. Returns it. */
char *rs_redact(char *text);

#endif
