#!/bin/sh
# Help in both languages for every command, on stdout, with 0; misuse on stderr, with 64.
. "$(dirname "$0")/lib.sh"
gives 0 "help" "$L" --help
commands=$(printf '%s\n' "$out" | sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p')
english=$out
is "$err" "" "nothing on stderr"
has "$english" "usage: linjuli" "has the usage"
for c in init invite join serve sync status digest types describe add set move get list find history \
    cases settle inbox import undo export seal rebuild doctor members nodes version; do
    case " $(printf '%s' "$commands" | tr '\n' ' ') " in
    *" $c "*) ok "$c is listed" ;;
    *) not_ok "$c is listed" ;;
    esac
done
LINJULI_LANG=zh
gives 0 "help in Chinese" "$L" --help
differs "$out" "$english" "is another text"
has "$out" 用法 "in Chinese"
for c in $commands; do
    LINJULI_LANG=en
    run "$L" "$c" --help
    en=$out
    ok_en=no
    [ $rc -eq 0 ] && [ -z "$err" ] && case $out in
    "usage: linjuli $c"*"Exit status"*"Example"*) ok_en=yes ;;
    esac
    is "$ok_en" yes "$c --help: usage, exit status, an example"
    LINJULI_LANG=zh
    run "$L" "$c" -h
    ok_zh=no
    [ $rc -eq 0 ] && [ -z "$err" ] && [ "$out" != "$en" ] && case $out in
    "用法：linjuli $c"*"退出码"*"例子"*) ok_zh=yes ;;
    esac
    is "$ok_zh" yes "$c -h in Chinese"
    run "$L" "$c" --nosuch
    is "$rc:$(printf '%s' "$out" | wc -c | tr -d ' ')" "64:0" "$c --nosuch is misuse"
done
LINJULI_LANG=en
gives 0 "help COMMAND" "$L" help add
has "$out" "usage: linjuli add" "is the same help"
gives 64 "no command" "$L"
is "$out" "" "says nothing on stdout"
unset LINJULI_LANG
LC_ALL=en_GB.UTF-8 run "$L" --help
has "$out" "usage:" "the language comes from the locale"
LC_ALL=zh_CN.UTF-8 run "$L" --help
has "$out" 用法 "either one"
LC_ALL='' LANG='' run "$L" --help
has "$out" 用法 "and is Chinese where nothing says so"
done_testing
