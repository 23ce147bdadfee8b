/* Names and houses from a seed. No list of real people: surnames and given-name
 * characters are drawn one by one. */
#include "cli/demo.h"

#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const surname[] = {
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马",
    "朱", "胡", "郭", "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许",
    "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘", "于", "蒋",
    "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁", "任", "沈", "姚", "卢",
    "姜", "崔", "钟", "谭", "陆", "汪", "范", "金", "石", "廖", "贾", "夏"};
static const char *const given[] = {
    "安", "宝", "彬", "波", "灿", "昌", "晨", "诚", "春", "达", "德", "东", "芳",
    "飞", "芬", "峰", "福", "刚", "光", "桂", "国", "海", "涵", "浩", "和", "红",
    "华", "辉", "慧", "吉", "佳", "建", "健", "杰", "洁", "静", "娟", "军", "君",
    "康", "兰", "乐", "丽", "良", "玲", "龙", "梅", "美", "敏", "明", "宁", "平",
    "琪", "强", "琴", "青", "清", "荣", "瑞", "珊", "书", "思", "涛", "婷", "伟",
    "文", "霞", "祥", "晓", "欣", "秀", "雪", "雅", "燕", "阳", "怡", "英", "勇",
    "玉", "媛", "云", "泽", "珍", "志", "子", "䶮", "㛃", "𠅤"};
static const char *const shop[] = {"便民超市", "早点铺", "理发店", "五金店",
                                   "药房",     "水果店", "洗衣店", "面馆",
                                   "文具店",   "修车行", "花店",   "托管班"};
static const char *const trade[] = {"retail", "food",   "services", "retail",
                                    "health", "retail", "services", "food",
                                    "retail", "repair", "retail",   "education"};
#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* SplitMix64 (Steele, Lea, Flood 2014): repeatable, and nothing here is a secret. */
static uint64_t
next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static unsigned
draw(uint64_t *seed, unsigned n)
{
    return (unsigned)(next(seed) % n);
}

/* 87 groups over 7 compounds: 13 in the first three, 12 in the others. */
static unsigned
groups_of(unsigned compound)
{
    return compound < 3 ? 13 : 12;
}

uint32_t
demo_group_unit(unsigned i)
{
    unsigned compound = 0;
    while (i >= groups_of(compound))
        i -= groups_of(compound++);
    return (compound + 1) * 100 + i + 1;
}

/* ---- writing */

struct sheet {
    const char *dir;
    struct buf text;
};

enum rc
demo_write_sheet(const char *dir, const char *name, struct buf *text)
{
    char path[DEMO_PATH];
    struct buf gb = BUF_NONE;
    iconv_t to = iconv_open("GB18030", "UTF-8");
    if (to == (iconv_t)-1)
        return RC_IO;
    size_t room = 2 * text->n + 16, had = room, left = text->n;
    buf_reserve(&gb, room);
    char *in = (char *)text->p, *out = (char *)gb.p;
    bool ok = iconv(to, &in, &left, &out, &room) != (size_t)-1;
    gb.n = had - room;
    iconv_close(to);
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = ok ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    ok = fd >= 0 && write(fd, gb.p, gb.n) == (ssize_t)gb.n;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    buf_free(&gb);
    text->n = 0;
    return ok ? RC_OK : RC_IO;
}

static enum rc
sheet_write(struct sheet *s, const char *name)
{
    return demo_write_sheet(s->dir, name, &s->text);
}

static enum rc
units(struct sheet *s)
{
    static const char *const numeral[] = {"一", "二", "三", "四", "五", "六", "七"};
    buf_addf(&s->text, "code,name,kind\r\n");
    for (unsigned i = 0; i < DEMO_COMPOUNDS; i++)
        buf_addf(&s->text, "%u,第%s小区,compound\r\n", 1001 + i, numeral[i]);
    for (unsigned i = 0; i < DEMO_PARTY; i++)
        buf_addf(&s->text, "%u,第%s小区党组织,party\r\n", 2001 + i, numeral[i]);
    for (unsigned i = 0; i < DEMO_GRIDS; i++)
        buf_addf(&s->text, "%u,第%u网格,grid\r\n", 3001 + i, i + 1);
    for (unsigned i = 0; i < DEMO_GROUPS; i++)
        buf_addf(&s->text, "%04u,%04u星火党小组,group\r\n", demo_group_unit(i),
                 demo_group_unit(i));
    return sheet_write(s, "units.csv");
}

static enum rc
compounds(struct sheet *s)
{
    static const char *const numeral[] = {"一", "二", "三", "四", "五", "六", "七"};
    buf_addf(&s->text, "name,built_year\r\n");
    for (unsigned i = 0; i < DEMO_COMPOUNDS; i++)
        buf_addf(&s->text, "第%s小区,%u\r\n", numeral[i], 1996 + 3 * i);
    return sheet_write(s, "compounds.csv");
}

static enum rc
merchants(struct sheet *s, uint64_t *seed)
{
    buf_addf(&s->text, "name,trade,place\r\n");
    for (unsigned i = 0; i < DEMO_MERCHANTS; i++) {
        unsigned kind = draw(seed, N_OF(shop));
        buf_addf(&s->text, "%s%s%s,%s,商业街%u号\r\n", surname[draw(seed, N_OF(surname))],
                 given[draw(seed, N_OF(given))], shop[kind], trade[kind], i + 1);
    }
    return sheet_write(s, "merchants.csv");
}

static void
add_name(struct buf *b, uint64_t *seed, const char *family)
{
    buf_addf(b, "%s%s", family, given[draw(seed, N_OF(given))]);
    if (draw(seed, 3) > 0)
        buf_addf(b, "%s", given[draw(seed, N_OF(given))]);
}

void
demo_name(struct buf *b, uint64_t *seed)
{
    const char *family = surname[draw(seed, N_OF(surname))];
    add_name(b, seed, family);
}

static void
add_phone(struct buf *b, uint64_t *seed)
{
    buf_addf(b, "13%u%04u%04u", draw(seed, 10), draw(seed, 10000), draw(seed, 10000));
}

/* People of household h: the totals come out as the article's, to the person. */
static unsigned
size_of(unsigned h)
{
    uint64_t upto = (uint64_t)(h + 1) * DEMO_RESIDENTS / DEMO_HOUSEHOLDS;
    uint64_t before = (uint64_t)h * DEMO_RESIDENTS / DEMO_HOUSEHOLDS;
    return (unsigned)(upto - before);
}

static bool
is_registered(unsigned r)
{
    return (uint64_t)(r + 1) * DEMO_REGISTERED / DEMO_RESIDENTS >
           (uint64_t)r * DEMO_REGISTERED / DEMO_RESIDENTS;
}

static void
resident(struct buf *b, uint64_t *seed, uint32_t unit, const char *family, unsigned place,
         unsigned r)
{
    static const char *const relation[] = {"head", "spouse", "son", "parent"};
    unsigned age = place < 2    ? 24 + draw(seed, 60)
                   : place == 2 ? draw(seed, 24)
                                : 60 + draw(seed, 35);
    buf_addf(b, "%04u,", unit);
    add_name(b, seed, place == 1 ? surname[draw(seed, N_OF(surname))] : family);
    buf_addf(b, ",%s,%u-%02u-%02u,", draw(seed, 2) ? "male" : "female", 2026 - age,
             1 + draw(seed, 12), 1 + draw(seed, 28));
    if (age >= 14 && draw(seed, 3) > 0)
        add_phone(b, seed);
    buf_addf(b, ",%s,%s\r\n", relation[place < 4 ? place : 3],
             is_registered(r) ? "yes" : "no");
}

static enum rc
people(struct sheet *s, uint64_t *seed)
{
    struct sheet residents = {.dir = s->dir};
    unsigned r = 0;
    buf_addf(&s->text, "unit,door,head,size,kind,phone\r\n");
    buf_addf(&residents.text, "unit,name,sex,birth,phone,relation,is_registered\r\n");
    for (unsigned h = 0; h < DEMO_HOUSEHOLDS; h++) {
        uint32_t unit =
            demo_group_unit((unsigned)((uint64_t)h * DEMO_GROUPS / DEMO_HOUSEHOLDS));
        const char *family = surname[draw(seed, N_OF(surname))];
        buf_addf(&s->text, "%04u,%u-%u-%u%02u,", unit, unit % 100, 1 + h / 53 % 2,
                 1 + h / 4 % 18, 1 + h % 4);
        add_name(&s->text, seed, family);
        buf_addf(&s->text, ",%u,%s,", size_of(h),
                 is_registered(r) ? "registered" : "resident");
        add_phone(&s->text, seed);
        buf_addf(&s->text, "\r\n");
        for (unsigned k = 0; k < size_of(h); k++)
            resident(&residents.text, seed, unit, family, k, r++);
    }
    enum rc rc = sheet_write(s, "households.csv");
    if (rc == RC_OK)
        rc = sheet_write(&residents, "residents.csv");
    buf_free(&residents.text);
    return rc;
}

enum rc
demo_write_sheets(const char *dir, uint64_t seed)
{
    struct sheet s = {.dir = dir};
    enum rc rc = units(&s);
    if (rc == RC_OK)
        rc = compounds(&s);
    if (rc == RC_OK)
        rc = merchants(&s, &seed);
    if (rc == RC_OK)
        rc = people(&s, &seed);
    buf_free(&s.text);
    return rc;
}
