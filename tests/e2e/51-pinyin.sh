#!/bin/sh
# People look for somebody by what they can type: initials, pinyin, a part of the phone or of
# the door. What was erased is found by none of them. Readings are ICU's.
. "$(dirname "$0")/lib.sh"
found_hub 社区 主任
H="$L -C hub"
add() { # TYPE FIELDS...
    $H add "$@" --unit 0302 2>/dev/null | cut -d' ' -f1
}
wang=$(add resident name=王芳 phone=13912345678 birth=1950-01-02)
dan=$(add resident name=单雄)
ou=$(add resident name=欧阳修)
lv=$(add resident name=吕强)
mai=$(add resident name=买买提·丁)
door=$(add household door=3-2-501 head=仇英)
add need title=楼道灯不亮 words=王芳说的，晚上看不见 >/dev/null
found() { # TEXT: numbers, one a line
    $H find "$1" | cut -d' ' -f1
}
for t in wf wangfang WangFang wangf wfang "wang fang" wangfa 芳 1234 王; do
    has "$(found "$t")" "$wang" "$t finds 王芳"
done
for t in wfx fw wanf xwf; do
    has_not "$(found "$t")" "$wang" "$t does not"
done
for t in shx sx danxiong shanxiong; do
    has "$(found $t)" "$dan" "$t finds 单雄"
done
for t in oyx ouyangxiu; do has "$(found $t)" "$ou" "$t finds 欧阳修"; done
for t in lq lvq lvqiang luqiang; do has "$(found $t)" "$lv" "$t finds 吕强"; done
has "$(found mmtd)" "$mai" "a dot between does not stop it"
for t in qy qiuying 2-501; do has "$(found $t)" "$door" "$t finds the household"; done
differs "$(found ldd)" "" "titles too"
is "$(found wskbj)" "" "long texts only by their characters"
has "$(found 晚上看)" 0302 "but by these they are"
is "$($H list resident --like wf --json | field number)" "$wang" "lists do the same"
run $H list resident --sort name --json
is "$(printf '%s\n' "$out" | sed -n 's/^ *"name": "\(.*\)",*/\1/p' | tr '\n' ' ')" \
    "吕强 买买提·丁 欧阳修 单雄 王芳 " "sorted as they are read, 单 as a surname"
run $H list resident --sort birth --json
is "$(printf '%s\n' "$out" | field number)" "$wang" "dates by the calendar, empty ones last"
refused 65 colour $H list resident --sort colour

# erased: no initials are left behind
gives 0 "erased" $H erase "$wang" --ground consent --request 2026-001 --yes
for t in wf wangfang 王芳 12345678; do
    has_not "$(found $t)" "$wang" "$t finds nobody any more"
done
is "$(cat hub/linjuli.db* | LC_ALL=C grep -a -c -i wangfang)" 0 "and no file has them"
digest=$($H digest)
gives 0 "rebuilt" $H rebuild
is "$($H digest)" "$digest" "the same digest"
gives 0 "audited" $H audit

# the readings are what ICU says
if "${CC:-cc}" -std=c11 -D_GNU_SOURCE -w -o make_pinyin "$e2e_root/tests/pinyin/make.c" -licui18n -licuuc 2>cc.err; then
    ./make_pinyin >readings
    is "$(cksum <readings)" "$(cksum <"$e2e_root/schema/pinyin/readings")" "the readings are ICU's, one by one"
else
    not_ok "the readings are ICU's" "$(head -n 1 cc.err)"
fi
done_testing
