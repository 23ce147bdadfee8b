/* The year of the article: what was counted in it, made by real entries of two real
 * nodes, the hub and a clerk's desk. Whoever asks is not who approves, as everywhere. */
#include "cli/demo.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS_MAX 3000

struct year {
    struct demo *d;
    struct demo_node desk;
    uint64_t seed;
    struct buf text;
    char **id; /* of the last list; closed by NULL */
    size_t ids_n;
    const char *what;
};

static bool
done(struct year *y, const char *what, bool ok)
{
    if (!ok)
        y->what = what;
    return ok;
}

static const struct demo_node *
hub(const struct year *y)
{
    return &y->d->node[0];
}

/* ---- single steps */

static void
forget_ids(struct year *y)
{
    for (size_t i = 0; i < y->ids_n; i++)
        free(y->id[i]);
    y->ids_n = 0;
}

/* Numbers of the type's records in that state. */
static bool
list(struct year *y, const struct demo_node *n, const char *type, const char *state)
{
    char filter[64];
    (void)snprintf(filter, sizeof(filter), "state=%s", state);
    forget_ids(y);
    if (demo_run(y->d, n, "list", type, filter, "--json", NULL) != 0)
        return done(y, type, false);
    json_t *rows = json_loadb((const char *)y->d->out.p, y->d->out.n, 0, NULL);
    for (size_t i = 0; i < json_array_size(rows) && y->ids_n < IDS_MAX; i++) {
        const char *id =
            json_string_value(json_object_get(json_array_get(rows, i), "number"));
        if (id != NULL)
            y->id[y->ids_n++] = strdup(id);
    }
    y->id[y->ids_n] = NULL;
    json_decref(rows);
    return done(y, type, y->ids_n > 0);
}

/* All that are in `from`, at once. */
static bool
move(struct year *y, const struct demo_node *n, const char *type, const char *from,
     const char *to)
{
    char command[] = "move";
    char target[32];
    if (!list(y, n, type, from))
        return false;
    (void)snprintf(target, sizeof(target), "%s", to);
    char **argv = mem_new((y->ids_n + 4) * sizeof(char *));
    argv[0] = y->d->program;
    argv[1] = command;
    for (size_t i = 0; i < y->ids_n; i++)
        argv[2 + i] = y->id[i];
    argv[2 + y->ids_n] = target;
    int status = demo_run_words(y->d, n, argv);
    mem_free(argv);
    return done(y, to, status == 0);
}

struct step {
    const char *type, *from, *to;
    bool is_hub; /* the secretary, who did not ask for it */
};

static bool
steps(struct year *y, const struct step *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!move(y, s[i].is_hub ? hub(y) : &y->desk, s[i].type, s[i].from, s[i].to))
            return false;
    return true;
}

/* Imports what `text` holds as a sheet of that type. */
static bool
import(struct year *y, const struct demo_node *n, const char *type)
{
    char dir[DEMO_PATH + 16], name[64], path[DEMO_PATH + 96];
    (void)snprintf(dir, sizeof(dir), "%s/sheets", y->d->dir);
    (void)snprintf(name, sizeof(name), "year-%s.csv", type);
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return done(y, type,
                demo_write_sheet(dir, name, &y->text) == RC_OK &&
                    demo_run(y->d, n, "import", type, path, NULL) == 0);
}

/* The desk and the hub meet. */
static bool
meet(struct year *y)
{
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", hub(y)->port);
    return done(y, "sync", demo_run(y->d, &y->desk, "sync", address, NULL) == 0);
}

static bool
open_desk(struct year *y)
{
    char file[DEMO_PATH + 16];
    (void)snprintf(file, sizeof(file), "%s/desk.invite", y->d->dir);
    (void)snprintf(y->desk.dir, sizeof(y->desk.dir), "%.4000s/desk", y->d->dir);
    return done(y, "desk",
                demo_run(y->d, hub(y), "invite", "--person", "综合岗", "--unit", "0000",
                         "--role", "clerk", "--file", file, NULL) == 0 &&
                    demo_run(y->d, &y->desk, "join", file, NULL) == 0 &&
                    demo_serve(y->d, &y->d->node[0]) == RC_OK) &&
           meet(y) && meet(y);
}

static unsigned
group_of(unsigned i)
{
    return demo_group_unit(i % DEMO_GROUPS);
}

/* ---- people */

static void
people_of(struct year *y, unsigned n, const char *kind, const char *cadre)
{
    for (unsigned i = 0; i < n; i++) {
        demo_name(&y->text, &y->seed);
        buf_addf(&y->text, ",%s,%s\r\n", kind, cadre);
    }
}

static bool
people(struct year *y)
{
    static const char *const kind[] = {"here", "sent_down", "reported", "retired"};
    buf_addf(&y->text, "name,post_kind,is_retired_cadre\r\n");
    people_of(y, DEMO_CENTRE_HOUSEHOLDS, "centre_household", "no");
    people_of(y, DEMO_CADRES, "compound_party", "yes");
    people_of(y, DEMO_GRIDS, "grid_worker", "no");
    if (!import(y, hub(y), "person"))
        return false;
    buf_addf(&y->text, "unit,name,kind\r\n");
    for (unsigned i = 0; i < DEMO_MEMBERS; i++) {
        buf_addf(&y->text, "%04u,", group_of(i));
        demo_name(&y->text, &y->seed);
        buf_addf(&y->text, ",%s\r\n", kind[i % 4]);
    }
    return import(y, &y->desk, "member");
}

/* ---- wishes and problems */

static bool
wishes(struct year *y)
{
    static const char *const what[] = {"一副老花镜", "换一盏床头灯", "一辆旧轮椅",
                                       "陪诊一次",   "修一修窗户",   "一套旧课本"};
    static const struct step life[] = {{"wish", "collected", "checked", false},
                                       {"wish", "checked", "published", false},
                                       {"wish", "published", "claimed", false},
                                       {"wish", "claimed", "confirmed", false},
                                       {"wish", "confirmed", "fulfilled", false}};
    buf_addf(&y->text, "unit,title,kind\r\n");
    for (unsigned i = 0; i < DEMO_WISHES; i++)
        buf_addf(&y->text, "%04u,%s,%s\r\n", group_of(i), what[i % 6],
                 i % 6 == 3 || i % 6 == 4 ? "service" : "goods");
    return import(y, &y->desk, "wish") && steps(y, life, sizeof(life) / sizeof(life[0]));
}

/* Nine in ten answered as solved; what people said is what they said. */
static bool
ratings(struct year *y)
{
    if (!list(y, &y->desk, "problem", "closed"))
        return false;
    buf_addf(&y->text, "subject,target,is_answered,is_solved,stars\r\n");
    for (size_t i = 0; i < y->ids_n; i++)
        buf_addf(&y->text, "回访,%s,yes,%s,%u\r\n", y->id[i], i % 10 == 9 ? "no" : "yes",
                 i % 10 == 9 ? 2u : 4u + (unsigned)(i % 2));
    return import(y, &y->desk, "rating");
}

static bool
problems(struct year *y)
{
    static const char *const what[] = {"楼道灯不亮", "下水堵了", "飞线充电",
                                       "垃圾没清",   "门禁坏了", "楼上漏水"};
    static const char *const kind[] = {"facility", "facility", "safety",
                                       "order",    "property", "dispute"};
    static const struct step life[] = {{"problem", "found", "received", false},
                                       {"problem", "received", "dispatched", false},
                                       {"problem", "dispatched", "handled", false},
                                       {"problem", "handled", "checked", false},
                                       {"problem", "checked", "closed", false}};
    buf_addf(&y->text, "unit,title,category,level,result\r\n");
    for (unsigned i = 0; i < DEMO_PROBLEMS; i++)
        buf_addf(&y->text, "%04u,%s,%s,normal,已办好\r\n", group_of(i * 7), what[i % 6],
                 kind[i % 6]);
    return import(y, &y->desk, "problem") &&
           steps(y, life, sizeof(life) / sizeof(life[0])) && ratings(y);
}

/* ---- teams, organisations and their projects */

static bool
projects(struct year *y)
{
    static const char *const kind[] = {"policy",  "culture", "schooling",   "fitness",
                                       "science", "law",     "cleanliness", "relief"};
    if (!list(y, &y->desk, "organisation", "settled"))
        return false;
    buf_addf(&y->text, "title,category,organisation,stage\r\n");
    for (unsigned i = 0; i < DEMO_PROJECTS; i++)
        buf_addf(&y->text, "第%u号服务项目,%s,%s,run\r\n", i + 1, kind[i % 8],
                 y->id[i % y->ids_n]);
    return import(y, &y->desk, "project");
}

static bool
partners(struct year *y)
{
    static const struct step settle[] = {{"organisation", "invited", "settled", false}};
    static const struct step approve[] = {{"team", "asked", "approved", true},
                                          {"project", "proposed", "approved", true}};
    static const struct step begin[] = {{"team", "approved", "active", false},
                                        {"project", "approved", "under_way", false}};
    buf_addf(&y->text, "name,fields\r\n");
    for (unsigned i = 0; i < DEMO_ORGANISATIONS; i++)
        buf_addf(&y->text, "第%u社会工作服务中心,%u\r\n", i + 1, 1 + i % 8);
    if (!import(y, &y->desk, "organisation") || !steps(y, settle, 1) || !projects(y))
        return false;
    buf_addf(&y->text, "name,fields,members\r\n");
    for (unsigned i = 0; i < DEMO_TEAMS; i++)
        buf_addf(&y->text, "第%u志愿服务队,%u,%u\r\n", i + 1, 1 + i % 8, 8 + i);
    return import(y, &y->desk, "team") && meet(y) && steps(y, approve, 2) && meet(y) &&
           steps(y, begin, 2);
}

/* ---- courses, activities, matters, the garden */

static bool
classes(struct year *y)
{
    static const char *const kind[] = {"psychology", "yoga",       "dance",
                                       "painting",   "handicraft", "tea"};
    static const char *const day[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    static const struct step run[] = {{"course", "draft", "running", false}};
    static const struct step hold[] = {{"session", "open", "held", false}};
    buf_addf(&y->text, "title,kind,weekdays,hours,seats,is_free\r\n");
    for (unsigned i = 0; i < DEMO_COURSES; i++)
        buf_addf(&y->text, "第%u门公益课,%s,%s,9:00-10:30,20,yes\r\n", i + 1, kind[i % 6],
                 day[i % 7]);
    if (!import(y, &y->desk, "course") || !steps(y, run, 1) ||
        !list(y, &y->desk, "course", "running"))
        return false;
    buf_addf(&y->text, "title,course,held_at,seats,came\r\n");
    for (unsigned i = 0; i < DEMO_SESSIONS; i++)
        buf_addf(&y->text, "第%u次,%s,2024-%02u-%02u 09:00,20,%u\r\n", i + 1,
                 y->id[i % y->ids_n], 1 + i % 12, 1 + i % 28, 12 + i % 9);
    return import(y, &y->desk, "session") && steps(y, hold, 1);
}

static bool
activities(struct year *y)
{
    static const char *const festival[] = {"new_year",   "lantern", "dragon_boat",
                                           "mid_autumn", "winter",  "children"};
    static const char *const craft[] = {"papercut", "characters", "calligraphy", "ink",
                                        "fan"};
    static const struct step life[] = {{"activity", "proposed", "approved", false},
                                       {"activity", "approved", "held", false}};
    buf_addf(&y->text, "title,series,festival,craft,organiser_kind,heads\r\n");
    for (unsigned i = 0; i < 6; i++)
        buf_addf(&y->text, "第%u场节日活动,festival,%s,,residents,%u\r\n", i + 1,
                 festival[i], 120 + 10 * i);
    for (unsigned i = 0; i < DEMO_HERITAGE; i++)
        buf_addf(&y->text, "第%u场非遗活动,heritage,,%s,residents,%u\r\n", i + 1,
                 craft[i % 5], 30 + i);
    return import(y, &y->desk, "activity") &&
           steps(y, life, sizeof(life) / sizeof(life[0]));
}

static bool
matters(struct year *y)
{
    static const struct step life[] = {{"public_matter", "raised", "discussed", true},
                                       {"public_matter", "discussed", "decided", true}};
    buf_addf(&y->text,
             "title,raised_on,invited,present,residents,votes_for,votes_against\r\n");
    for (unsigned i = 0; i < 12; i++)
        buf_addf(&y->text, "第%u件涉群事项,2024-%02u-10,60,%u,%u,%u,%u\r\n", i + 1, 1 + i,
                 40 + i, 36 + i, 30 + i, 6u);
    return import(y, hub(y), "public_matter") &&
           steps(y, life, sizeof(life) / sizeof(life[0]));
}

static bool
garden(struct year *y)
{
    buf_addf(&y->text, "no,garden,area_dm2,is_near_water,price,row,col\r\n");
    for (unsigned i = 0; i < DEMO_PLOTS; i++)
        buf_addf(&y->text, "%02u,东坡共享菜园,%u,%s,%u,%u,%u\r\n", i + 1,
                 2000 + 100 * (i % 5), i % 8 == 0 ? "yes" : "no", 100 + 100 * (i % 5),
                 1 + i / 8, 1 + i % 8);
    return import(y, &y->desk, "plot");
}

/* Points earned are spent on goods: 310 yuan' worth in each of 100 passbooks. */
static bool
shop(struct year *y)
{
    static const char *const goods[] = {"大米", "食用油", "洗衣液", "毛巾", "雨伞"};
    static const struct step hand[] = {{"redemption", "reserved", "handed_out", false}};
    char product[5][64];
    buf_addf(&y->text, "name,measure,cost,points\r\n");
    for (unsigned i = 0; i < 5; i++)
        buf_addf(&y->text, "%s,份,31.00,31\r\n", goods[i]);
    if (!import(y, &y->desk, "product") || !list(y, &y->desk, "product", "on_sale"))
        return false;
    for (unsigned i = 0; i < 5; i++)
        (void)snprintf(product[i], sizeof(product[i]), "%s", y->id[i % y->ids_n]);
    buf_addf(&y->text, "name,kind,opening\r\n");
    for (unsigned i = 0; i < DEMO_PASSBOOKS; i++) {
        demo_name(&y->text, &y->seed);
        buf_addf(&y->text, ",person,400\r\n");
    }
    if (!import(y, &y->desk, "account") || !list(y, &y->desk, "account", "open"))
        return false;
    buf_addf(&y->text, "name,account,product,amount,points,cost,slip_no\r\n");
    for (unsigned i = 0; i < DEMO_PASSBOOKS; i++) {
        demo_name(&y->text, &y->seed);
        buf_addf(&y->text, ",%s,%s,10,310,310.00,%04u\r\n", y->id[i % y->ids_n],
                 product[i % 5], i + 1);
    }
    return import(y, &y->desk, "redemption") && steps(y, hand, 1);
}

/* ---- all of it */

static bool
measure(struct year *y)
{
    char area[32];
    (void)snprintf(area, sizeof(area), "area_m2=%u", (unsigned)DEMO_AREA_M2);
    return list(y, hub(y), "community", "active") &&
           done(y, "community", demo_run(y->d, hub(y), "set", y->id[0], area, NULL) == 0);
}

bool
demo_year(struct demo *d, uint64_t seed, const char **what)
{
    struct year y = {.d = d, .seed = seed + 1, .what = ""};
    y.id = mem_new((IDS_MAX + 1) * sizeof(char *));
    bool ok = open_desk(&y) && measure(&y) && people(&y) && wishes(&y) && problems(&y) &&
              partners(&y) && classes(&y) && activities(&y) && matters(&y) &&
              garden(&y) && shop(&y) && meet(&y) &&
              done(&y, "seal", demo_run(d, hub(&y), "seal", NULL) == 0);
    demo_stop(d, &d->node[0]);
    *what = y.what;
    forget_ids(&y);
    mem_free(y.id);
    buf_free(&y.text);
    return ok;
}
