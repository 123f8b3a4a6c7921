/* The registry of instances: instances.ini in the configuration directory, one section an instance, written by hand (or
 * by whatever knows the fleet). It turns *Instance ID* into a list to choose from and gives an endpoint its address.
 * The format is described in rds-sync-task(5). Loaded whole, immutable afterwards. */
#ifndef RS_REGISTRY_H
#define RS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct rs_instance {
	char *id;        /* the section's name; ids compare without case */
	char *region;    /* this and all other texts: NULL where the file says nothing */
	char *engine;    /* "mysql", "postgresql", "analyticdb-mysql", "analyticdb-postgresql", "kafka", … */
	char *access;    /* "rds", "ecs", "express-connect", "vpn-gateway", "public", … */
	char *host;
	unsigned port;   /* 0: the engine's usual one */
	char *socket;
	char *vpc;
	char *owner;     /* account that owns it */
	char *ca;        /* certificate authority, for SSL */
	char *note;
	bool production; /* the review asks for a typed confirmation before anything is written there */
};

struct rs_registry {
	struct rs_instance *items; /* in file order */
	size_t count;
};

#define RS_REGISTRY_INIT {NULL, 0}

/* path NULL: the usual place. A file that does not exist gives an empty registry. RS_E_IO, RS_E_INI_SYNTAX (also for an
 * unknown key or a value that is not valid, naming the line). */
enum rs_rc rs_registry_load(struct rs_registry *r, const char *path, struct rs_err *err) RS_MUST_CHECK;
void rs_registry_release(struct rs_registry *r);
/* NULL where there is none. */
const struct rs_instance *rs_registry_find(const struct rs_registry *r, const char *id);
/* Whether an instance fits: engine and region may each be NULL or "" for any. */
bool rs_instance_fits(const struct rs_instance *i, const char *engine, const char *region);

#endif
