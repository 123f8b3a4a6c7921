/* Forced into every file by -include: functions that overflow, truncate in silence, or are not thread-safe
 * become compile errors. System headers that use them are included first. */
#ifndef RS_BANNED_H
#define RS_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mysql.h> /* its macros name some of them */

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok atoi atol
#pragma GCC poison localtime gmtime ctime asctime strerror system popen

#endif
