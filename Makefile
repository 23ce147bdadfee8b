# linjuli. `make deps` installs what is needed (Debian and npm, by name), `make test` builds and
# tests, `make demo` shows a community at work. `make help` lists the rest. V=1 prints commands.
B ?= build
CC = gcc
CLANG := $(shell $(CC) --version 2>/dev/null | grep -c clang)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
Q := $(if $(V),,@)
FOLDERS := crypto sync schema node cli

APT := gcc clang make pkg-config libsqlite3-dev libsodium-dev libevent-dev libmsgpack-dev \
       libconfuse-dev libjansson-dev libcmocka-dev
APT_CHECK := clang-format clang-tidy cppcheck libclang-rt-14-dev gcovr nodejs iproute2

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
        -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wformat=2 -Wundef -Wvla -Walloca -Wswitch-enum \
        -Wnull-dereference -Wdate-time -Wredundant-decls -Wfloat-equal
WARN_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict \
            -Wimplicit-fallthrough=5 -Wtrampolines
HARD := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
        -fstack-clash-protection -fcf-protection=full -fno-strict-aliasing -fno-common -fPIE
OPT ?= -O2
CFLAGS = -std=c11 -D_GNU_SOURCE -g $(OPT) $(WARN) $(HARD) $(SAN) -I. -I$(B)/gen -MMD -MP
ifeq ($(CLANG),0)
CFLAGS += $(WARN_GCC) -ftrivial-auto-var-init=zero
else
CFLAGS += -ftrivial-auto-var-init=pattern
endif
ifdef CI
CFLAGS += -Werror
endif
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs $(SAN)
LIBS := -lsqlite3 -lsodium -levent_core -levent_extra -lmsgpackc -lconfuse -ljansson

src = $(filter-out cli/main.c,$(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
GEN := $(B)/gen/embed.c
SRC := $(foreach f,$(FOLDERS),$(call src,$(f)))
OBJ := $(call obj,$(SRC)) $(B)/gen/embed.o
TESTLIB := $(call obj,$(wildcard tests/lib/*.c))
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*/test_*.c tests/sim/test_*.c))

all: $(B)/linjuli

$(B)/linjuli: $(B)/cli/main.o $(B)/linjuli.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/linjuli.a: $(OBJ)
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/testlib.a: $(TESTLIB)
	$(Q)rm -f $@ && ar qcs $@ $^

$(B)/gen/embed.c: schema/embed.sh $(wildcard schema/types/* schema/sql/*)
	$(Q)mkdir -p $(@D) && sh schema/embed.sh > $@.tmp && mv $@.tmp $@

$(B)/gen/%.o: $(B)/gen/%.c
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(B)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -c -o $@ $<

$(B)/tests/unit/% $(B)/tests/sim/%: LIBS += -lcmocka
$(B)/tests/%: $(B)/tests/%.o $(B)/testlib.a $(B)/linjuli.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(B)/linjuli.a $(LIBS)

unit: $(UNIT)
	$(Q)tests/run.sh $(UNIT)

clean:
	$(Q)rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.SECONDARY:
.PHONY: all unit clean
