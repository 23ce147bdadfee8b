/* The record types of a release that does not exist yet: one more type, and one more
 * field of a type that there is. Who has the older release carries what they write. */
#include "tests/lib/world_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/type.h"

#define FILES_MAX 256

static const char placard[] = "code = 900\n"
                              "name = placard\n"
                              "zh = \"标牌\"\n"
                              "en = \"Placard\"\n"
                              "visible = all\n"
                              "since = 2\n"
                              "create { roles = \"leader, helper, secretary\" who = "
                              "\"unit, centre\" }\n"
                              "edit { roles = \"leader, helper, secretary\" who = "
                              "\"unit, centre\" }\n"
                              "field title {\n"
                              "code = 10\n"
                              "zh = \"标题\" en = \"Title\"\n"
                              "kind = text max = 60\n"
                              "required = yes title = yes\n"
                              "}\n"
                              "state up { code = 1 zh = \"已张贴\" en = \"Up\" }\n"
                              "state down { code = 2 zh = \"已撤下\" en = \"Down\" "
                              "end = yes }\n"
                              "move { from = \"up\" to = \"down\" roles = \"leader\" "
                              "who = \"unit, centre\" }\n";

static const char mood[] = "\nfield mood {\n"
                           "code = 40\n"
                           "zh = \"心情\" en = \"Mood\"\n"
                           "kind = text max = 20\n"
                           "since = 2\n"
                           "}\n";

/* The visit with one more field. */
static struct embed_file
newer_visit(const struct embed_file *old)
{
    static char text[8192];
    static struct embed_file file;
    size_t n = sizeof(mood) - 1;
    memcpy(text, old->p, old->n);
    memcpy(text + old->n, mood, n + 1);
    file = (struct embed_file){old->name, (const unsigned char *)text, old->n + n};
    return file;
}

const struct embed_file *
few_types(void)
{
    static const char *const name[] = {"010-community",  "020-compound", "030-building",
                                       "031-dwelling",   "050-org_unit", "060-person",
                                       "110-household",  "120-resident", "180-need",
                                       "220-claim",      "230-wish",     "570-visit",
                                       "610-held_review"};
    static struct embed_file list[FILES_MAX];
    size_t n = 0;
    if (list[0].name != NULL)
        return list;
    for (size_t i = 0; embed_types[i].name != NULL; i++)
        for (size_t k = 0; k < sizeof(name) / sizeof(name[0]); k++)
            if (strcmp(embed_types[i].name, name[k]) == 0)
                list[n++] = embed_types[i];
    return list;
}

const struct embed_file *
newer_types(void)
{
    static struct embed_file list[FILES_MAX];
    const struct embed_file *old = few_types();
    size_t n = 0;
    if (list[0].name != NULL)
        return list;
    for (; old[n].name != NULL; n++) {
        list[n] = old[n];
        if (strcmp(list[n].name, "570-visit") == 0)
            list[n] = newer_visit(&old[n]);
    }
    list[n] = (struct embed_file){"900-placard", (const unsigned char *)placard,
                                  sizeof(placard) - 1};
    struct types *types = NULL;
    struct fault why = {0};
    if (types_parse(list, &types, &why) != RC_OK) {
        (void)fprintf(stderr, "newer types: %s (%s) line %u %s\n", why.what,
                      fault_name(why.code), why.line, why.want);
        abort();
    }
    types_free(types);
    return list;
}
