/* The daemon's log: one line an event, `event key=value ...`. Never names, phones, key
 * bytes or bodies; peers by node number or the first 8 hex digits of their key. */
#ifndef LINJULI_NODE_LOG_H
#define LINJULI_NODE_LOG_H

#define LOG_FILE_BYTES_MAX (4 << 20)

/* NULL: standard error. A file that has grown past the limit becomes PATH.old, in place
 * of an older one, and starts over. */
void log_open(const char *path);
void log_close(void);
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
