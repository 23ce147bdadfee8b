/* Single keys of type files. */
#include "schema/type_build.h"

#include <stdio.h>
#include <string.h>

#define CODE_MAX 9999
#define VERSION_MAX 9999

void *
set_new(struct type_set *set, size_t n)
{
    if (set->blocks_n == set->blocks_cap) {
        set->blocks_cap = set->blocks_cap * 2 + 16;
        set->block = mem_grow(set->block, set->blocks_cap * sizeof(void *));
    }
    set->block[set->blocks_n] = mem_new(n == 0 ? 1 : n);
    return set->block[set->blocks_n++];
}

const char *
set_text(struct type_set *set, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = set_new(set, n);

    memcpy(copy, text, n);
    return copy;
}

enum rc
refuse(const struct build *b, enum fault_code code, const struct section *where,
       const char *key, const char *want)
{
    const char *kind = where == NULL || where == b->root ? "" : data_file_kind(where);
    const char *title = where == NULL ? NULL : data_file_title(where);
    char place[FAULT_WHAT_BYTES];

    (void)snprintf(place, sizeof(place), "%s%s%s%s%s", kind, title == NULL ? "" : " ",
                   title == NULL ? "" : title, *kind == '\0' || key == NULL ? "" : " ",
                   key == NULL ? "" : key);
    fault_set(b->why, RC_INVALID, code, "%s%s%s", b->file, *place == '\0' ? "" : ": ",
              place);
    if (want != NULL) {
        fault_want(b->why, "%s", want);
    }
    fault_at(b->why, data_file_line(where == NULL ? b->root : where, key), 0);
    return RC_INVALID;
}

/* Decimal digits, perhaps behind a minus: one way to write a number. */
static bool
parse_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
    bool is_minus = *text == '-';
    const char *digit = text + is_minus;
    int64_t v = 0;

    if (*digit == '\0' || strlen(digit) > 15 || (*digit == '0' && digit[1] != '\0')) {
        return false;
    }
    for (; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9') {
            return false;
        }
        v = v * 10 + (*digit - '0');
    }
    *out = is_minus ? -v : v;
    return *out >= min && *out <= max;
}

enum rc
get_int(const struct build *b, const struct section *sec, const char *key, int64_t min,
        int64_t max, int64_t *out)
{
    const char *text = data_file_get(sec, key);
    char want[48];

    if (text == NULL || parse_int(text, min, max, out)) {
        return RC_OK;
    }
    (void)snprintf(want, sizeof(want), "%lld..%lld", (long long)min, (long long)max);
    return refuse(b, FAULT_KEY_VALUE, sec, key, want);
}

enum rc
get_code(const struct build *b, const struct section *sec, int64_t min, uint16_t *out)
{
    int64_t v = 0;
    enum rc rc = get_int(b, sec, "code", min, CODE_MAX, &v);

    if (rc == RC_OK && data_file_get(sec, "code") == NULL) {
        return refuse(b, FAULT_KEY_MISSING, sec, "code", NULL);
    }
    *out = (uint16_t)v;
    return rc;
}

enum rc
get_flag(const struct build *b, const struct section *sec, const char *key, bool *out)
{
    const char *text = data_file_get(sec, key);

    *out = text != NULL && strcmp(text, "yes") == 0;
    if (text != NULL && !*out && strcmp(text, "no") != 0) {
        return refuse(b, FAULT_KEY_VALUE, sec, key, "yes, no");
    }
    return RC_OK;
}

enum rc
get_label(const struct build *b, const struct section *sec, struct label *out)
{
    const char *zh = data_file_get(sec, "zh");
    const char *en = data_file_get(sec, "en");

    if (zh == NULL || *zh == '\0') {
        return refuse(b, FAULT_KEY_MISSING, sec, "zh", NULL);
    }
    if (en == NULL || *en == '\0') {
        return refuse(b, FAULT_KEY_MISSING, sec, "en", NULL);
    }
    out->zh = set_text(b->set, zh);
    out->en = set_text(b->set, en);
    return RC_OK;
}

bool
next_word(const char **list, char out[static TYPE_NAME_BYTES_MAX + 1])
{
    const char *p = *list + strspn(*list, " ,");
    size_t n = strcspn(p, " ,");
    size_t kept = n > TYPE_NAME_BYTES_MAX ? TYPE_NAME_BYTES_MAX : n;

    memcpy(out, p, kept);
    out[kept] = '\0';
    if (kept < n) {
        out[0] = '?';
    }
    *list = p + n;
    return n > 0;
}

enum rc
get_roles(const struct build *b, const struct section *sec, uint32_t *out)
{
    const char *list = data_file_get(sec, "roles");
    char word[TYPE_NAME_BYTES_MAX + 1];
    enum role role;

    *out = 0;
    if (list == NULL) {
        return RC_OK;
    }
    while (next_word(&list, word)) {
        if (!role_parse(word, &role)) {
            return refuse(b, FAULT_KEY_VALUE, sec, "roles",
                          "leader, helper, grid, area, clerk, admin, secretary, partner, "
                          "auditor, privacy");
        }
        *out |= 1u << role;
    }
    return *out == 0 ? refuse(b, FAULT_KEY_VALUE, sec, "roles", "leader, ...") : RC_OK;
}

enum rc
get_who(const struct build *b, const struct section *sec, uint32_t roles, uint8_t *out)
{
    const char *list = data_file_get(sec, "who");
    char word[TYPE_NAME_BYTES_MAX + 1];
    uint32_t roaming = 1u << ROLE_GRID | 1u << ROLE_AREA;

    *out = 0;
    while (list != NULL && next_word(&list, word)) {
        uint8_t bit;

        if (!who_parse(word, &bit)) {
            return refuse(b, FAULT_KEY_VALUE, sec, "who", "unit, centre, area, any");
        }
        *out |= bit;
    }
    if (*out == 0) {
        return refuse(b, FAULT_KEY_MISSING, sec, "who", "unit, centre, area, any");
    }
    if ((*out & WHO_AREA) != 0 && (roles & roaming) == 0) {
        return refuse(b, FAULT_KEY_MISPLACED, sec, "who", "roles: grid, area");
    }
    return RC_OK;
}

enum rc
is_in_force(const struct build *b, const struct section *sec, bool *out)
{
    int64_t since = 1;
    int64_t until = VERSION_MAX;
    enum rc rc = get_int(b, sec, "since", 1, VERSION_MAX, &since);

    if (rc == RC_OK && sec != b->root) {
        rc = get_int(b, sec, "until", since, VERSION_MAX, &until);
    }
    *out = rc == RC_OK && since <= b->version && until >= b->version;
    return rc;
}

bool
name_is_good(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n > 0 && n <= TYPE_NAME_BYTES_MAX && name[n] == '\0' && *name >= 'a';
}
