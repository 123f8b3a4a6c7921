/* Stands in for libFuzzer: feeds a target the files of its corpus, as one TAP test. The corpus is that of the program's
 * name, or the files and directories given. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

static unsigned inputs;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20), *exact;
	size_t size;

	if (!file || !data) {
		perror(path);
		exit(99);
	}
	size = fread(data, 1, 1 << 20, file);
	fclose(file);
	/* Of exactly the size, so that a sanitizer sees what is read past the end. */
	exact = malloc(size ? size : 1);
	if (!exact)
		exit(99);
	memcpy(exact, data, size);
	free(data);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	inputs++;
}

static void replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];

	if (!dir) {
		replay_file(path);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		replay_file(name);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("RS_SRCDIR"), *name = strrchr(argv[0], '/');
	char corpus[4096];

	name = name ? name + 1 : argv[0];
	name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
	snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
	puts("1..1");
	fflush(stdout);
	if (argc < 2)
		replay(corpus);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%sok 1 - %s: %u inputs\n", inputs ? "" : "not ", name, inputs);
	return inputs == 0;
}
