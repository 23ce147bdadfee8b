#!/bin/sh
# Arrows point down: cli -> node -> schema -> sync -> crypto; one door to each library, and
# none of them comes out by a folder's front door. Reads #include lines only.
# Usage: arrows.sh [ROOT]
set -u
cd "${1:-.}" || exit 70
grep -H '^#include ' crypto/*.[ch] sync/*.[ch] schema/*.[ch] node/*.[ch] cli/*.[ch] |
    sed 's/^\([^:]*\):#include \(["<][^">]*\).*/\1 \2/' | awk '
function say(text) {
    print "# " text
    bad = 1
}
function folder(path) { return substr(path, 1, index(path, "/") - 1) }
function door_of(lib) {
    if (lib ~ /^(sodium|nettle\/)/) return "crypto"
    if (lib ~ /^msgpack/) return "sync"
    if (lib ~ /^sqlite3/) return "schema"
    if (lib ~ /^event2\//) return "node"
    return lib ~ /^qrencode/ ? "cli" : ""
}
function reach(file, from,    i) { # what a front door brings along
    if (seen[from, file]) return
    seen[from, file] = 1
    if (file in lib) say(from " lets <" lib[file] "> out, by " file)
    for (i = 0; i < n[file]; i++) reach(inc[file, i], from)
}
BEGIN {
    level["crypto"] = 1; level["sync"] = 2; level["schema"] = 3; level["node"] = 4; level["cli"] = 5
}
{
    own = folder($1)
    what = substr($2, 2)
    if (substr($2, 1, 1) == "<") {
        door = door_of(what)
        if (door != "" && door != own) say($1 " includes <" what ">: not through that library'"'"'s door")
        if (door != "" && door != "crypto") lib[$1] = what
        next
    }
    if (what !~ /\//) next
    inc[$1, n[$1]++] = what
    if (level[folder(what)] > level[own]) say($1 " includes " what ": an arrow that points up")
    if (what ~ /^tests\//) say($1 " includes " what ": the product knows nothing of its tests")
    if (what ~ /_impl\.h$/ && folder(what) != own) say($1 " includes " what ": private to its folder")
    if (what ~ /^schema\/(db|log|stmt)\.h$/ && level[own] > 3) say($1 " includes " what ": SQLite stays in schema/")
}
END {
    reach("sync/sync.h", "sync/sync.h")
    reach("schema/schema.h", "schema/schema.h")
    reach("node/node.h", "node/node.h")
    print (bad ? "not ok 1 - arrows" : "ok 1 - arrows point down, one door to each library")
    exit bad
}'
