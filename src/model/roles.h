/* Roles of cloud accounts: by one an account lets others read its instances (cross-account tasks). Here the cloud's word is a file,
 * roles.ini beside the registry: a section a role, named by the account that gives it and by its name, "1234567890123456/reader". It
 * says which accounts it is given to, and what one logs in with who has it. Written by hand; the format is described in rds-sync-task(5). */
#ifndef RS_ROLES_H
#define RS_ROLES_H

#include "model/endpoint.h"
#include "model/registry.h"

/* e gets the account and the password's place of its role. RS_E_TASK_INVALID: the role is not there or is not given to the account
 * that owns e->guest, or the instance is another account's; RS_E_IO, RS_E_INI_SYNTAX: of the file. Reads it anew each time. */
enum rs_rc rs_role_enter(struct rs_endpoint *e, const struct rs_registry *r, struct rs_err *err) RS_MUST_CHECK;
/* Reads all of the file, at its usual place, and looks whether it says what such a file must. */
enum rs_rc rs_roles_check(struct rs_err *err) RS_MUST_CHECK;

#endif
