# Shared by the end-to-end tests: real binaries, a directory of their own, TAP.
# The program: $LINJULI_BIN, else $B/linjuli, else build/linjuli.
set -u
e2e_root=$(cd "$(dirname "$0")/../.." && pwd) || exit 70
case ${LINJULI_BIN:-${B:-build}/linjuli} in
/*) L=${LINJULI_BIN:-${B:-build}/linjuli} ;;
*) L=$e2e_root/${LINJULI_BIN:-${B:-build}/linjuli} ;;
esac
T=$(mktemp -d "${TMPDIR:-/tmp}/linjuli-e2e.XXXXXX") || exit 70
e2e_n=0 e2e_bad=0
LINJULI_STATE=$T/state LINJULI_LANG=en TMPDIR=$T
export LINJULI_STATE LINJULI_LANG TMPDIR
# init listens where other machines are, two seconds each; scripts with networks of their own
# unset this.
LINJULI_LAN_IFACE=none
export LINJULI_LAN_IFACE
unset LINJULI_DIR XDG_DATA_HOME
# What a sanitizer finds is a failure of its own, never an exit status of the program.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:exitcode=99 UBSAN_OPTIONS=${UBSAN_OPTIONS:-}:exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS

e2e_cleanup() {
    for f in "$T"/*.pid; do
        [ -f "$f" ] && kill -9 "$(cat "$f")" 2>/dev/null
    done
    rm -rf "$T"
}
trap e2e_cleanup EXIT
trap 'exit 70' INT TERM HUP
cd "$T" || exit 70
[ -x "$L" ] || {
    echo "not ok 1 - no program at $L"
    exit 1
}

ok() { # WHAT
    e2e_n=$((e2e_n + 1))
    echo "ok $e2e_n - $1"
}
not_ok() { # WHAT [DETAIL]
    e2e_n=$((e2e_n + 1)) e2e_bad=$((e2e_bad + 1))
    echo "not ok $e2e_n - $1"
    printf '%s\n' "${2:-}" | sed 's/^/# /'
}
is() { # HAVE WANT WHAT
    if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "have: $1
want: $2"; fi
}
differs() { # A B WHAT
    if [ "$1" != "$2" ]; then ok "$3"; else not_ok "$3" "both: $1"; fi
}
has() { # TEXT PART WHAT
    case $1 in
    *"$2"*) ok "$3" ;;
    *) not_ok "$3" "no \"$2\" in: $1" ;;
    esac
}
has_not() { # TEXT PART WHAT
    case $1 in
    *"$2"*) not_ok "$3" "\"$2\" in: $1" ;;
    *) ok "$3" ;;
    esac
}
run() { # COMMAND...: $out, $err, $rc
    "$@" >"$T/.out" 2>"$T/.err"
    rc=$?
    out=$(cat "$T/.out") err=$(cat "$T/.err")
}
gives() { # STATUS WHAT COMMAND...
    e2e_want=$1 e2e_what=$2
    shift 2
    run "$@"
    if [ $rc -eq "$e2e_want" ]; then ok "$e2e_what"; else not_ok "$e2e_what" "status $rc, not $e2e_want
$out
$err"; fi
}
# STATUS PART COMMAND...: refused with that status, in words that name PART, on stderr only.
refused() {
    e2e_want=$1 e2e_part=$2
    shift 2
    run "$@"
    shift
    e2e_what="refused with $e2e_want, naming $e2e_part: $(printf '%s' "$*" | tr -c '[:print:]' '?')"
    case $err in
    *"$e2e_part"*) e2e_named=1 ;;
    *) e2e_named=0 ;;
    esac
    if [ $rc -eq "$e2e_want" ] && [ $e2e_named -eq 1 ] && [ -z "$out" ]; then
        ok "$e2e_what"
    else
        not_ok "$e2e_what" "status $rc
out: $out
err: $err"
    fi
}
field() { # NAME: its first value in the JSON on stdin (sorted and indented as we print it)
    sed -n 's/^ *"'"$1"'": "\{0,1\}\([^"]*[^",]\)"\{0,1\},\{0,1\}$/\1/p' | head -n 1
}
wait_for() { # SECONDS COMMAND...
    e2e_left=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        e2e_left=$((e2e_left - 1))
        [ $e2e_left -gt 0 ] || return 1
        sleep 0.05
    done
}
e2e_port_is_free() {
    ! grep -qi ":$(printf '%04X' "$1") " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
free_port() { # a random one below the ephemeral range, not in use
    while :; do
        p=$((10000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
        if e2e_port_is_free "$p"; then
            echo "$p"
            return
        fi
    done
}
serve() { # NAME DIR ARGS...: in the background, until its ready line is there
    e2e_name=$1 e2e_dir=$2
    shift 2
    "$L" -C "$e2e_dir" serve --no-lan "$@" >"$T/$e2e_name.ready" 2>"$T/$e2e_name.err" &
    echo $! >"$T/$e2e_name.pid"
    wait_for 20 grep -q '^ready ' "$T/$e2e_name.ready" || {
        not_ok "$e2e_name gets ready" "$(cat "$T/$e2e_name.err")"
        return 1
    }
}
stop() { # NAME: as a service manager would; its exit status
    e2e_pid=$(cat "$T/$1.pid") || return 1
    kill -TERM "$e2e_pid"
    wait "$e2e_pid"
    e2e_status=$?
    rm -f "$T/$1.pid"
    return $e2e_status
}
# A hub in ./hub that listens on $port, with groups 0302 and 0303.
found_hub() { # [COMMUNITY PERSON]
    port=$(free_port)
    "$L" -C hub init --name "${1:-Oasis}" --person "${2:-Centre}" --listen "127.0.0.1:$port" >/dev/null &&
        "$L" -C hub add org_unit code=0302 name=Spark kind=group >/dev/null 2>&1 &&
        "$L" -C hub add org_unit code=0303 name=Torch kind=group >/dev/null 2>&1 ||
        not_ok "a hub is founded"
}
join_group() { # DIR UNIT PERSON ROLE
    "$L" -C hub invite --person "$3" --unit "$2" --role "$4" --file "$1.lji" >/dev/null &&
        "$L" -C "$1" join "$1.lji" >/dev/null || not_ok "$3 joins"
}
done_testing() {
    echo "1..$e2e_n"
    [ $e2e_bad -eq 0 ]
    exit
}
