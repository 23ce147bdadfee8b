#!/bin/sh
# sync/ is pure: what its objects need from outside is a short list of harmless names.
# Usage: pure.sh BUILD_DIR
set -u
B=${1:-build}
bad=0
own=$(nm --defined-only -g "$B"/crypto/*.o "$B"/sync/*.o | awk 'NF == 3 {print $3}' | sort -u)
for name in $(nm -u "$B"/sync/*.o | awk '$1 == "U" {print $2}' | sort -u); do
    case $name in
    mem_* | memcpy | memmove | memset | memcmp | memchr | strlen | strcmp | strncmp) ;;
    __mem*_chk | __stack_chk_fail | __assert_fail | abort | qsort | bsearch) ;;
    msgpack_* | _GLOBAL_OFFSET_TABLE_ | __asan_* | __ubsan_* | __sanitizer_* | _mcleanup) ;;
    bytes_random | *_random)
        echo "# sync/ draws randomness: $name"
        bad=1
        ;;
    *)
        echo "$own" | grep -qx "$name" || {
            echo "# sync/ reaches outside: $name"
            bad=1
        }
        ;;
    esac
done
[ -n "$own" ] || bad=1
[ $bad -eq 0 ] && echo "ok 1 - sync/ is pure" || echo "not ok 1 - sync/ is not pure"
exit $bad
