/* Private to xlsx*.c. */
#ifndef LINJULI_XLSX_IN_H
#define LINJULI_XLSX_IN_H

#include <expat.h>

#include "schema/xlsx.h"

enum xlsx_look { LOOK_PLAIN, LOOK_DATE, LOOK_TIME, LOOK_BOTH, LOOK_ZEROS };
struct xlsx_format {
    enum xlsx_look look;
    uint8_t zeros; /* LOOK_ZEROS: how many */
};
/* By number and, where there is one, text. */
struct xlsx_format xlsx_format_of(uint32_t id, const char *code);
/* A number as the file has it, as people typed it. ROW_TEXT: none. */
enum row_reason xlsx_number(struct slice number, struct xlsx_format format, bool is_1904,
                            struct buf *out);
/* 2026-11-24T08:30:00 as people write it. */
enum row_reason xlsx_iso_date(struct slice text, struct buf *out);
/* Text with its _xHHHH_ decoded, appended. */
enum row_reason xlsx_text(struct slice text, struct buf *out);
bool xlsx_digits(const char *text, uint32_t max, uint32_t *out);

/* One XML part, pushed through expat; names without their prefix. */
struct xml {
    XML_Parser parser;
    void *self;
    void (*start)(void *self, const char *name, const char **atts);
    void (*end)(void *self, const char *name);
    void (*text)(void *self, const char *text, size_t n); /* NULL: none is read */
    unsigned depth;
    enum row_stop stop;
};
const char *xml_att(const char **atts, const char *name); /* NULL: not there */
void xml_stop(struct xml *x, enum row_stop stop);

struct xlsx {
    const struct xlsx_lib *lib;
    int fd;
    const char *const *names;
    struct rows_out *out;
    enum rc rc; /* of out */
    struct xml xml;
    enum row_stop stop;
    uint32_t stop_line;
    uint16_t stop_column;
    /* where things are */
    char book[XLSX_NAME_BYTES_MAX], sheet[XLSX_NAME_BYTES_MAX];
    char strings_path[XLSX_NAME_BYTES_MAX], styles_path[XLSX_NAME_BYTES_MAX];
    char first_id[XLSX_NAME_BYTES_MAX], named_id[XLSX_NAME_BYTES_MAX];
    bool is_1904;
    /* styles */
    struct {
        uint32_t id;
        struct xlsx_format format;
    } * known;
    size_t known_n;
    struct xlsx_format *style;
    size_t styles_n;
    bool in_styles;
    /* strings: one after the other, and where each ends */
    struct buf strings;
    uint32_t *string_end;
    size_t strings_n, strings_cap;
    bool in_string, in_text;
    unsigned phonetic;
    struct buf text; /* being collected */
    /* the row and the cell in hand */
    struct buf row;
    struct {
        size_t at, n;
    } cell[CSV_COLUMNS_MAX];
    size_t cells_n;
    uint32_t line, last_column;
    enum row_reason bad;
    uint16_t bad_column;
    bool in_row, in_cell, has_formula, has_value;
    uint32_t column;
    char kind[12];
    uint32_t style_at;
};
/* Reads one part; NULL text handler and so on as in x->xml. False: not there. */
bool xlsx_part(struct xlsx *x, const char *path, int64_t max);
void xlsx_strings(struct xlsx *x); /* sets handlers and reads */
void xlsx_sheet(struct xlsx *x);

#endif
