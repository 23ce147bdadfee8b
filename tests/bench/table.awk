# Figures of tests/bench/bench.sh, FILE = ROW.COLUMN.ROUND with lines `name value`, as one
# table of medians. Exit status 1: a binding row is missed.
FNR == 1 {
    n = split(FILENAME, part, "/")
    split(part[n], key, ".")
}
{
    at = key[1] SUBSEP key[2] SUBSEP $1
    value[at, ++count[at]] = $2
}
function median(row, column, name,    at, i, j, v, k, n) {
    at = row SUBSEP column SUBSEP name
    n = count[at]
    if (n == 0)
        return ""
    for (i = 1; i <= n; i++)
        v[i] = value[at, i] + 0
    for (i = 2; i <= n; i++) {
        k = v[i]
        for (j = i - 1; j > 0 && v[j] > k; j--)
            v[j + 1] = v[j]
        v[j + 1] = k
    }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
function cell(v,    s) {
    if (v == "")
        return "-"
    s = v >= 1000 ? sprintf("%d", v + 0.5) : v >= 10 ? sprintf("%.1f", v) : sprintf("%.2f", v)
    return s
}
# sense 1: at least; -1: at most. unit: what the figures are.
function line(title, row, name, unit, figure, least, aim, sense, binds,    verdict, sign, i, s) {
    verdict = figure == "" ? "not measured" : sense * figure >= sense * least ? "met" : "missed"
    if (verdict == "met" && sense * figure >= sense * aim)
        verdict = "met, aim too"
    if (least == 0)
        verdict = ""
    else if (!binds && figure != "")
        verdict = verdict ", binding later"
    if (binds && verdict !~ /^met/)
        bad = 1
    s = sprintf("%-32s %-8s", title, unit)
    for (i = 1; i <= 6; i++)
        s = s sprintf(" %11s", cell(median(row, column[i], name)))
    sign = sense > 0 ? ">=" : "<="
    printf "%s %8s %8s %8s  %s\n", s, cell(figure), least == 0 ? "-" : sign cell(least), \
        least == 0 ? "-" : sign cell(aim), verdict
}
function ratio(a, b) {
    return a == "" || b == "" || b + 0 == 0 ? "" : a / b
}
END {
    split("floor ours unchecked sqlite-sync cr-sqlite ssb-db2", column, " ")
    printf "%-32s %-8s", "", ""
    for (i = 1; i <= 6; i++)
        printf " %11s", column[i]
    printf " %8s %8s %8s  %s\n", "figure", "at least", "aim", "verdict"
    sync = median("apply", "sqlite-sync", "rows_per_s")
    cr = median("apply", "cr-sqlite", "rows_per_s")
    mine = median("apply", "ours", "rows_per_s")
    r = "rows_per_s"
    line("import, 100,000", "bulk", r, "rows/s",
        ratio(median("bulk", "ours", r), median("bulk", "sqlite-sync", r)), 1.5, 3, 1, 1)
    line("import, 1,000,000", "million", r, "rows/s",
        ratio(median("million", "ours", r), median("million", "sqlite-sync", r)), 1.5, 3, 1, 1)
    line("one durable record", "single", r, "rows/s",
        ratio(median("single", "ours", r), median("single", "floor", r)), 0.6, 0.85, 1, 1)
    if (cr != "" && cr > sync) # the faster of the two
        line("apply over loopback", "apply", r, "rows/s", ratio(mine, cr), 4, 8, 1, 1)
    else
        line("apply over loopback", "apply", r, "rows/s", ratio(mine, sync), \
            cr == "" ? 5.1 : 4, cr == "" ? 10.2 : 8, 1, 1)
    line("single-record apply", "entries", r, "rows/s", "", 0, 0, 1, 0)
    ssb = median("entries", "ssb-db2", "cpu_s")
    line("its CPU, both sides", "entries", "cpu_s", "s",
        ratio(ssb, median("entries", "ours", "cpu_s")), 5, 5, 1, 0)
    line("the same, sealed", "sealed", "cpu_s", "s",
        ratio(ssb, median("sealed", "ours", "cpu_s")), 15, 20, 1, 0)
    w = "wire_bytes"
    line("bytes a record, import", "apply", w, "B", median("apply", "ours", w), 160, 120, -1, 1)
    line("bytes a record, single", "entries", w, "B", median("entries", "ours", w), 340, 310, -1, 1)
    line("wire to entries' own bytes", "apply", "wire_ratio", "x",
        median("apply", "ours", "wire_ratio"), 1.05, 1.01, -1, 1)
    f = "file_bytes"
    line("file, bytes a row, import", "bulk", f, "B",
        ratio(median("bulk", "ours", f), median("bulk", "floor", f)), 3.5, 2.5, -1, 1)
    line("file, bytes an entry, single", "entries", f, "B",
        median("entries", "ours", f), 600, 525, -1, 1)
    line("sync, nothing differs", "differ", "same_bytes", "B",
        median("differ", "ours", "same_bytes"), 100, 70, -1, 1)
    line("sync, 10 differ, beyond them", "differ", "over_bytes", "B",
        median("differ", "ours", "over_bytes"), 3072, 710, -1, 1)
    line("first copy of the community", "community", "wall_s", "s",
        median("community", "ours", "wall_s"), 5, 1, -1, 1)
    print ""
    print "CPU, microseconds a row"
    split("bulk million single apply entries sealed", rows, " ")
    for (k = 1; k <= 6; k++) {
        s = sprintf("%-32s %-8s", rows[k], "us")
        for (i = 1; i <= 6; i++)
            s = s sprintf(" %11s", cell(median(rows[k], column[i], "cpu_us")))
        print s
    }
    exit bad
}
