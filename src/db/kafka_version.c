#include "db/kafka_version.h"

#include <stdlib.h>
#include <string.h>

enum { PRODUCE = 0, FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, OFFSET_FETCH = 9, JOIN_GROUP = 11, ADD_PARTITIONS_TO_TXN = 24,
       DESCRIBE_ACLS = 29, DESCRIBE_CLIENT_QUOTAS = 48 };

/* Newest first. 3.4 has added nothing that a client sees. */
static const struct {
	const char *version;
	int key;
	int16_t newest;
} marks[] = {
	{"4.1", FETCH, 18},       {"4.0", PRODUCE, 12},      {"3.9", FETCH, 17},
	{"3.8", PRODUCE, 11},     {"3.7", FETCH, 16},        {"3.6", ADD_PARTITIONS_TO_TXN, 4},
	{"3.5", FETCH, 15},       {"3.3", DESCRIBE_ACLS, 3}, {"3.2", JOIN_GROUP, 9},
	{"3.1", FETCH, 13},       {"3.0", LIST_OFFSETS, 7},  {"2.8", PRODUCE, 9},
	{"2.7", FETCH, 12},       {"2.6", DESCRIBE_CLIENT_QUOTAS, 0}, {"2.5", DESCRIBE_ACLS, 2},
	{"2.4", PRODUCE, 8},      {"2.3", FETCH, 11},        {"2.2", LIST_OFFSETS, 5},
	{"2.1", FETCH, 10},       {"2.0", FETCH, 8},         {"1.1", FETCH, 7},
	{"1.0", METADATA, 5},     {"0.11", METADATA, 4},     {"0.10.2", OFFSET_FETCH, 2},
	{"0.10.1", METADATA, 2},
};

void rs_kafka_apis_clear(struct rs_kafka_apis *a)
{
	a->known = false;
	for (size_t i = 0; i < RS_KAFKA_APIS; i++)
		a->newest[i] = -1;
}

void rs_kafka_apis_note(struct rs_kafka_apis *a, const char *line)
{
	const char *api = strstr(line, "ApiKey "), *key = api ? strchr(api, '(') : NULL, *range = key ? strstr(key, "..") : NULL;
	long n, newest;

	if (!range)
		return;
	n = strtol(key + 1, NULL, 10);
	newest = strtol(range + 2, NULL, 10);
	if (n < 0 || n >= RS_KAFKA_APIS || newest < 0 || newest > INT16_MAX)
		return;
	a->known = true;
	a->newest[n] = (int16_t)newest;
}

const char *rs_kafka_version(const struct rs_kafka_apis *a)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (a->known && a->newest[marks[i].key] >= marks[i].newest)
			return marks[i].version;
	return a->known ? "0.10.0" : "0.9";
}

const char *rs_kafka_version_class(const char *version)
{
	if (strncmp(version, "0.", 2) != 0)
		return "1.0";
	return strcmp(version, "0.9") == 0 ? "0.9" : "0.10";
}
