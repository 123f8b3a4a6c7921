/* Numbers as people read them, short and honest: "84.1k", "4,102,331", "1.2 GB", "3m12s". The decimal point is always a
 * point. Each function writes into buf (RS_FIGURE_SIZE bytes are enough) and returns it. Pure functions. */
#ifndef RS_FIGURE_H
#define RS_FIGURE_H

#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"

#define RS_FIGURE_SIZE 32

/* "0", "804", "1.2k", "84.1k", "12.4M"; "-" for a negative number, which means that it was not measured. */
char *rs_figure_short(double n, char *buf, size_t size);
/* "4,102,331" */
char *rs_figure_grouped(uint64_t n, char *buf, size_t size);
/* "512 B", "380.0 kB", "1.2 GB": powers of 1000; "-" for a negative number. */
char *rs_figure_bytes(double n, char *buf, size_t size);
/* Of a setting that is made in powers of 1024: "256 MiB", "64 KiB"; "1,000 B" where it is no multiple. */
char *rs_figure_setting(uint64_t bytes, char *buf, size_t size);
/* "0.02s", "3.4s", "3m12s", "2h05m", "2d04h"; "-" for a negative time. */
char *rs_figure_time(rs_usec t, char *buf, size_t size);

#endif
