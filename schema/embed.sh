#!/bin/sh
# Prints one C file that holds every record type, migration, report and the readings of
# characters, byte for byte, in name order: struct embed_file embed_types[], embed_sql[],
# embed_reports[], embed_pinyin[], each closed by a NULL name. Usage: embed.sh [TYPES SQL
# [REPORTS]], folders; without them this release's own.
set -eu
here=$(dirname "$0")
types=${1:-$here/types} sql=${2:-$here/sql} reports=${3:-$here/reports} pinyin=$here/pinyin
echo '#include "schema/embed.h"'
for kind in types sql reports pinyin; do
    eval folder=\$$kind
    n=0
    for f in $(ls "$folder" | LC_ALL=C sort); do
        n=$((n + 1))
        echo "static const unsigned char ${kind}_$n[] = {"
        od -An -v -tx1 "$folder/$f" | sed 's/ \(..\)/0x\1,/g'
        echo '0};'
    done
    n=0
    echo "const struct embed_file embed_$kind[] = {"
    for f in $(ls "$folder" | LC_ALL=C sort); do
        n=$((n + 1))
        echo "{\"$f\", ${kind}_$n, sizeof(${kind}_$n) - 1},"
    done
    echo '{0, 0, 0}};'
done
