/* The daemon's log: one line an event, `event key=value ...`. Never names, phones, key
 * bytes or bodies; peers by node number or the first 8 hex digits of their key. */
#ifndef LINJULI_NODE_LOG_H
#define LINJULI_NODE_LOG_H

/* NULL: standard error. A file that has grown past 4 MiB starts over. */
void log_open(const char *path);
void log_close(void);
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
