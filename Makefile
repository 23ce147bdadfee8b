# linjuli. `make help` lists what there is to make. V=1 shows commands.
B ?= build
CC = gcc
IS_CLANG := $(shell $(CC) --version 2>/dev/null | grep -c clang)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
Q := $(if $(V),,@)
FOLDERS := crypto sync schema node cli

APT := gcc libc6-dev pkg-config libsqlite3-dev libsodium-dev nettle-dev libevent-dev libmsgpack-dev \
       libconfuse-dev libjansson-dev libqrencode-dev libxlsxwriter-dev libarchive-dev libexpat1-dev
APT_TEST := $(APT) clang clang-format libclang-rt-14-dev libcmocka-dev nodejs procps \
            golang-go golang-golang-x-mod-dev zbar-tools faketime libicu-dev

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
        -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wformat=2 -Wundef -Wvla -Walloca -Wswitch-enum \
        -Wnull-dereference -Wdate-time -Wredundant-decls -Wfloat-equal
WARN_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict \
            -Wimplicit-fallthrough=5 -Wtrampolines
HARD := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
        -fno-strict-aliasing -fno-common -fPIE
OPT ?= -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
SAN ?=
STRICT := -fno-sanitize-recover=all
CFLAGS = -std=c11 -D_GNU_SOURCE -g $(OPT) $(WARN) $(HARD) $(SAN) -I. -MMD -MP
CFLAGS += $(if $(filter 0,$(IS_CLANG)),$(WARN_GCC) -ftrivial-auto-var-init=zero,-ftrivial-auto-var-init=pattern)
CFLAGS += $(if $(CI),-Werror)
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs $(SAN)
LIBS := -lsqlite3 -lsodium -lnettle -levent_core -levent_extra -lmsgpackc -lconfuse -ljansson -lqrencode -lexpat -lm

# Loaded when they are needed (schema/lazy.h), by the names that they have here.
so = '"$(shell objdump -p $(shell $(CC) -print-file-name=lib$(1).so) | sed -n 's/.*SONAME *//p')"'
$(B)/schema/sheet_xlsx.o: CFLAGS += -DXLSXWRITER_SO=$(call so,xlsxwriter)
$(B)/schema/xlsx_read.o: CFLAGS += -DARCHIVE_SO=$(call so,archive)

SRC := $(filter-out cli/main.c,$(foreach f,$(FOLDERS),$(wildcard $(f)/*.c)))
OBJ := $(SRC:%.c=$(B)/%.o) $(B)/gen/embed.o
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*/test_*.c))
SIM := $(patsubst %.c,$(B)/%,$(wildcard tests/sim/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TOOL := $(patsubst %.c,$(B)/%,$(wildcard tests/e2e/tools/*.c))
E2E := $(sort $(wildcard tests/e2e/[0-9]*.sh))
LINT := $(wildcard tests/lint/*.sh)
FUZZ_S ?= 300

all: $(B)/linjuli

$(B)/linjuli: $(B)/cli/main.o $(B)/linjuli.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/linjuli.a: $(OBJ)
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/testlib.a: $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c))
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/gen/embed.c: schema/embed.sh $(wildcard schema/types/* schema/sql/* schema/reports/* schema/pinyin/*)
	$(Q)mkdir -p $(@D) && sh schema/embed.sh > $@.tmp && mv $@.tmp $@

pinyin:   ## schema/pinyin/readings anew, from the ICU that is here (libicu-dev)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O1 -o $(B)/pinyin tests/pinyin/make.c -licui18n -licuuc
	$(Q)$(B)/pinyin > schema/pinyin/readings

# The program of another release, as far as its record types (folder TYPES) and migrations
# (SQL) make it: they are compiled into OTHER, all else is what $(B) has. For tests of upgrades.
OTHER ?= $(B)/other
other: $(B)/cli/main.o $(B)/linjuli.a
	$(Q)mkdir -p $(OTHER) && sh schema/embed.sh $(TYPES) $(SQL) $(REPORTS) > $(OTHER)/embed.c
	$(Q)$(CC) $(CFLAGS) -c -o $(OTHER)/embed.o $(OTHER)/embed.c
	$(Q)$(CC) $(LDFLAGS) -o $(OTHER)/linjuli $(B)/cli/main.o $(OTHER)/embed.o $(B)/linjuli.a $(LIBS)
# One of tests/e2e/tools beside it, with the same types.
other-tool: $(B)/tests/e2e/tools/$(OTHER_TOOL).o $(B)/linjuli.a
	$(Q)$(CC) $(LDFLAGS) -o $(OTHER)/$(OTHER_TOOL) $< $(OTHER)/embed.o $(B)/linjuli.a $(LIBS)

$(B)/gen/%.o: $(B)/gen/%.c
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(B)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -c -o $@ $<

$(B)/tests/%: $(B)/tests/%.o $(B)/testlib.a $(B)/linjuli.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# Linked with what it tests: in `test` the sanitized objects, to replay; in `fuzz` its own.
$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/testlib.a $(B)/linjuli.a
	$(Q)mkdir -p $(@D) && clang -g -O1 -D_GNU_SOURCE -I. -fsanitize=fuzzer,address,undefined $(STRICT) \
	    -o $@ $^ $(LIBS) -lcmocka

unit: $(UNIT)   ## the unit tests alone
	$(Q)tests/run.sh $(UNIT)

test:   ## everything CI runs; installs what is missing first
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) test-run

# Unit and simulator programs run twice: as built, and under clang's sanitizers. What takes
# long begins first, so that both lanes end together.
test-run: all $(UNIT) $(TOOL) $(SIM)
	$(Q)$(MAKE) --no-print-directory B=$(B)-asan CC=clang OPT=-O1 \
	    SAN="-fsanitize=address,undefined $(STRICT)" \
	    $(UNIT:$(B)/%=$(B)-asan/%) $(SIM:$(B)/%=$(B)-asan/%) $(FUZZ:%=$(B)-asan/fuzz/%)
	$(Q)B=$(B) CC=$(CC) tests/run.sh -j $$(nproc) $(SIM) $(SIM:$(B)/%=$(B)-asan/%) tests/sim/planted.sh \
	    $(LINT) $(UNIT:$(B)/%=$(B)-asan/%) $(UNIT) $(E2E) tests/fuzz/replay.sh tests/reader/run.sh

demo:   ## the article's community, live, on this machine
	$(Q)$(MAKE) --no-print-directory deps APT_TEST="$(APT)"
	$(Q)$(MAKE) --no-print-directory all
	$(Q)rm -rf $(B)/demo && $(B)/linjuli demo --dir $(B)/demo --keep

# The peers come from npm into the build directory; tests/bench/README.md says what is measured.
bench: $(B)/tests/bench/bench_ours $(B)/tests/bench/bench_peer   ## ours beside SQLite and peers
	$(Q)B=$(B) tests/bench/bench.sh

sim-long: $(SIM)   ## 5,000 seeds of five nodes, 20 of twenty, 5,000 with acts
	$(Q)LINJULI_SIM_SEEDS=5000 LINJULI_SIM_BIG=20 LINJULI_SIM_ACTS=5000 $(B)/tests/sim/test_world

crash: all   ## kills nodes 200 times at random moments
	$(Q)B=$(B) LINJULI_KILLS=200 sh tests/e2e/08-crash-kill.sh

fuzz:   ## every fuzzer for FUZZ_S seconds
	$(Q)$(MAKE) --no-print-directory B=$(B)-fuzz CC=clang OPT=-O1 \
	    SAN="-fsanitize=fuzzer-no-link,address,undefined $(STRICT)" $(FUZZ:%=$(B)-fuzz/fuzz/%)
	$(Q)for f in $(FUZZ:fuzz_%=%); do mkdir -p $(B)-fuzz/new/$$f && $(B)-fuzz/fuzz/fuzz_$$f -timeout=10 \
	    -max_total_time=$(FUZZ_S) $(B)-fuzz/new/$$f tests/fuzz/corpus/$$f || exit 1; done

deps:   ## installs what building and testing need (Debian packages, by name)
	$(Q)missing=$$(for p in $(APT_TEST); do dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "deps: installing" $$missing; \
	    $(SUDO) apt-get update -q && $(SUDO) apt-get install -yq --no-install-recommends $$missing; fi

format:   ## every C file as clang-format wants it
	$(Q)clang-format -i $$(git ls-files '*.[ch]')

help:
	$(Q)sed -n 's/^\([a-z-]*\):.*## /\1 - /p' Makefile

clean:
	$(Q)rm -rf build build-*

-include $(OBJ:.o=.d) $(B)/cli/main.d $(wildcard $(B)/tests/*/*.d $(B)/tests/*/*/*.d)
.SECONDARY:
.PHONY: other pinyin fuzz-lib sim-long crash all unit test test-run demo bench fuzz deps format help clean
