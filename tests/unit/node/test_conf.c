/* node.conf: what is wrong is named with its line, whatever else stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/hostport.h"
#include "node/node.h"

static void
refused(const char *text, uint32_t line, const char *part)
{
    struct conf c;
    struct fault why = {0};
    assert_int_equal(conf_parse(text, &c, &why), RC_CONFIG);
    assert_int_equal(why.code, FAULT_CONF_LINE);
    if (why.line != line || strstr(why.what, part) == NULL)
        fail_msg("line %u, not %u: %s, for %.200s", why.line, line, why.what, text);
    conf_fini(&c);
    assert_int_equal(conf_parse(text, &c, NULL), RC_CONFIG); /* nobody listens */
}

static void
an_empty_file_is_the_defaults(void **state)
{
    struct conf c;
    struct fault why = {0};
    (void)state;
    assert_int_equal(conf_parse("", &c, &why), RC_OK);
    assert_string_equal(c.listen, "");
    assert_true(c.lan);
    assert_int_equal(c.seal_s, 300);
    assert_int_equal(c.repair_s, 30);
    assert_int_equal(c.peers.n, 0);
    conf_fini(&c);
}

static void
everything_set(void **state)
{
    struct conf c;
    struct fault why = {0};
    (void)state;
    assert_int_equal(conf_parse("# (a comment)\n"
                                "listen = \"[::1]:7400\" // ours\n"
                                "peers = {\"192.168.1.10:7400\", \"hub.lan:1\"}\n"
                                "web = \"\"\nlan = false\nseal_s = 1\nrepair_s = 3600\n",
                                &c, &why),
                     RC_OK);
    assert_string_equal(c.listen, "[::1]:7400");
    assert_false(c.lan);
    assert_int_equal(c.peers.n, 18 + 10);
    struct buf text = BUF_NONE;
    struct conf again;
    conf_print(&c, &text);
    assert_int_equal(conf_parse(buf_text(&text), &again, &why), RC_OK);
    assert_string_equal(again.listen, c.listen);
    assert_true(slice_eq(buf_slice(&again.peers), buf_slice(&c.peers)));
    assert_int_equal(again.repair_s, 3600);
    conf_fini(&again);
    conf_fini(&c);
    buf_free(&text);
}

static void
each_wrong_line_is_named(void **state)
{
    (void)state;
    refused("colour = 1\n", 1, "colour");
    refused("\n\n\nlisten = \"127.0.0.1:1\"\ncolour = 1\n", 5, "colour");
    refused("seal_s = 0\n", 1, "seal_s");
    refused("# a\nseal_s = 86401\n", 2, "seal_s");
    refused("# a\n# b\nseal_s = -5\n", 3, "seal_s");
    refused("// a\n/* b\n c */\n# d \"\nseal_s = 0\n", 5, "seal_s");
    refused("web = \"#x:1\" # y\nseal_s = 0\n", 1, "web");
    refused("listen = \"a#b:1\"\n", 1, "listen");
    refused("/* never closed\nseal_s = 1\n", 1, "/*");
    refused("seal_s = 99999999999999999999\n", 1, "");
    refused("seal_s = many\n", 1, "seal_s");
    refused("lan = true\nrepair_s = 0\nlan = true\n", 2, "repair_s");
    refused("lan = perhaps\n", 1, "lan");
    refused("\nlisten = \"nowhere\"\n", 2, "listen");
    refused("\nlisten = \"127.0.0.1:0\"\n", 2, "listen");
    refused("web = \"x\"\n", 1, "web");
    refused("peers = {\"a:1\",\n\"b\"}\n", 2, "peers");
    refused("peers = {\"\"}\n", 1, "peers");
    refused("peers = {\"a:1\"\n", 2, "");
    refused("listen \"a:1\"\n", 1, "");
    refused("listen = \"a:1\n", 2, "");
    refused("# 1\nlisten = \"${HOME}:1\"\n", 2, "${");
    refused("include(\"/etc/passwd\")\n", 1, "include");
    refused("a.b = 1\n", 1, "a.b");
    refused("\xff\xfe\n", 1, "");
}

static void
a_huge_file_is_read_or_refused(void **state)
{
    struct conf c;
    struct fault why = {0};
    struct buf b = BUF_NONE;
    (void)state;
    for (int i = 0; i < 60000; i++)
        buf_addf(&b, "#\n");
    buf_addf(&b, "colour = 1\n");
    refused(buf_text(&b), 60001, "colour");
    b.n = 0;
    buf_addf(&b, "peers = {");
    for (int i = 0; i < 257; i++)
        buf_addf(&b, "%s\"10.0.0.1:%d\"", i > 0 ? "," : "", i + 1);
    buf_addf(&b, "}\n");
    refused(buf_text(&b), 1, "peers");
    b.n = 0;
    buf_addf(&b, "listen = \"");
    for (int i = 0; i < 300; i++)
        buf_add_u8(&b, 'a');
    buf_addf(&b, ":1\"\n");
    refused(buf_text(&b), 1, "listen");
    b.n = 0;
    for (int i = 0; i < 30000; i++)
        buf_addf(&b, "{");
    assert_int_equal(conf_parse(buf_text(&b), &c, &why), RC_CONFIG);
    conf_fini(&c);
    buf_free(&b);
}

static void
addresses(void **state)
{
    static const struct {
        const char *text;
        bool calls, listens;
        const char *host;
    } row[] = {
        {"127.0.0.1:7400", true, true, "127.0.0.1"},
        {"[::1]:1", true, true, "::1"},
        {"[fe80::1%eth0]:65535", true, true, "fe80::1%eth0"},
        {"::1:7400", true, true, "::1"},
        {"hub.lan:7400", true, true, "hub.lan"},
        {":7400", false, true, ""},
        {"*:7400", false, true, ""},
        {"", false, false, ""},
        {":", false, false, ""},
        {"host", false, false, ""},
        {"host:", false, false, ""},
        {"host:0", false, false, ""},
        {"host:65536", false, false, ""},
        {"host:070000", false, false, ""},
        {"host:+1", false, false, ""},
        {"host:http", false, false, ""},
        {"[]:1", false, false, ""},
        {"a b:1", false, false, ""},
        {"a\":1", false, false, ""},
        {"a\nweb = \"b:1", false, false, ""},
        {"${X}:1", false, false, ""},
        {"a\\:1", false, false, ""},
        {"\xc3\xa4:1", false, false, ""},
    };
    struct hostport at;
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (hostport_parse(row[i].text, false, &at) != row[i].calls ||
            hostport_parse(row[i].text, true, &at) != row[i].listens)
            fail_msg("\"%s\"", row[i].text);
        if (row[i].listens)
            assert_string_equal(at.host, row[i].host);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_the_defaults),
        cmocka_unit_test(everything_set),
        cmocka_unit_test(each_wrong_line_is_named),
        cmocka_unit_test(a_huge_file_is_read_or_refused),
        cmocka_unit_test(addresses),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
