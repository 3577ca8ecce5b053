# meldlijn: build, run and test.  Sources are found by folder; a new file needs no line here.
#
#   make            build/meldlijn
#   make run        the demo, no hardware needed; CONFIG=my.cfg for a real line
#   make test       what .ci/run checks; its last line is "N passed, N failed"
#   make bench      figures for README's table
#   make soak fuzz  the long runs
#   make install format clean

CC = gcc
FUZZ_CC = clang
BUILD := build
CFLAGS ?= -O2 -g
prefix ?= /usr/local
VERSION := $(shell cat VERSION)

PKGS := libosmocore libosmogsm libosmovty sqlite3 libcurl libmicrohttpd jansson yaml-0.1 icu-i18n \
	icu-uc libsodium
WARN := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 \
	-Wno-unused-parameter
DEFS = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DDATADIR='"$(prefix)/share/meldlijn"'
BASE = -std=gnu11 $(WARN) $(DEFS) -MMD -MP -Igateway -I$(BUILD)/gen \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm
SAN := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined

# The tree from the top down: an include may only point to the right.
FOLDERS := web flow line contractor voice desk store talk wire
LINKED := $(foreach d,$(FOLDERS),$(if $(wildcard gateway/$(d)/*.c),$(d)))
TOP_SRC := $(wildcard gateway/*.c)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all sim packages packages-run run test unit bench fuzz soak install format clean

all: packages-run
	@$(MAKE) --no-print-directory $(BUILD)/meldlijn

sim: $(BUILD)/at-sim

# ---- packages: packages.txt is the only list; nothing that is present is asked for again

APT = list="$$(sed $(1) -e '/^\#/d' packages.txt)"; \
	need=$$(for p in $$list; do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
		grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$need" ]; then echo "installing with apt:" $$need; \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends $$(echo $$need)" >$(BUILD)/apt.log 2>&1 \
		|| { tail -5 $(BUILD)/apt.log; exit 1; }; fi

packages-run:
	@mkdir -p $(BUILD)
	@$(call APT,-e '/^# --- to test/$(comma)$$d')

packages:
	@mkdir -p $(BUILD)
	@$(call APT)

comma := ,

# ---- objects: build/VARIANT/FOLDER/FILE.o, one archive a folder
# rel = what ships; san = ASan + UBSan for the unit tests; fuzz = the same with libFuzzer's hooks

CC_rel = $(CC) $(CFLAGS)
CC_san = $(CC) $(SAN)
CC_fuzz = $(FUZZ_CC) $(SAN) -fsanitize=fuzzer-no-link -Wno-unknown-warning-option

define variant
$(BUILD)/$(1)/%.o: gateway/%.c $(BUILD)/gen/migrations.h
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(BASE) -c -o $$@ $$<
$(foreach d,$(FOLDERS),$(eval $(call archive,$(1),$(d))))
endef

define archive
$(BUILD)/$(1)/lib$(2).a: $(patsubst gateway/%.c,$(BUILD)/$(1)/%.o,$(wildcard gateway/$(2)/*.c))
	@rm -f $$@
	ar rcs $$@ $$^
endef

$(foreach v,rel san fuzz,$(eval $(call variant,$(v))))

# what a test of folder $(2) links: that folder and all below it
below = $(if $(filter $(1),$(firstword $(2))),$(2),$(if $(2),$(call below,$(1),$(wordlist 2,99,$(2)))))
archives = $(patsubst %,$(BUILD)/$(1)/lib%.a,$(filter $(LINKED),$(call below,$(2),$(FOLDERS))))

$(BUILD)/gen/migrations.h: $(wildcard sql/*.sql)
	@mkdir -p $(@D)
	@{ echo '/* made from sql/ by the Makefile */'; \
	for f in $(sort $^); do n=$$(basename $$f .sql); \
		echo "{ $$(echo $$n | cut -d_ -f1 | sed 's/^0*//'), \"$$n\","; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f; echo '},'; \
	done; } > $@

$(BUILD)/meldlijn: $(patsubst gateway/%.c,$(BUILD)/rel/%.o,$(TOP_SRC)) \
		$(patsubst %,$(BUILD)/rel/lib%.a,$(LINKED))
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/at-sim: $(patsubst tests/sim/%.c,$(BUILD)/sim/%.o,$(wildcard tests/sim/*.c))
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE) -Itests/sim -c -o $@ $<

# ---- unit tests: tests/unit/FOLDER/MODULE_test.c links FOLDER and what lies below it

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*/*_test.c))

define unit_rule
$(BUILD)/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(call archives,san,$(1)) \
		$(wildcard tests/unit/$(1)/*.h)
	@mkdir -p $$(@D)
	$$(CC_san) $$(BASE) -Itests/unit -o $$@ $$< $(call archives,san,$(1)) -lcmocka $$(LIBS)
endef
$(foreach d,$(FOLDERS),$(eval $(call unit_rule,$(d))))

unit: $(UNIT)
	@for t in $(UNIT); do echo "== $$t"; $$t || exit 1; done

# ---- fuzz: tests/fuzz/FOLDER/MODULE_fuzz.c, its corpus in tests/fuzz/corpus/MODULE/

FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz-bin/%,$(wildcard tests/fuzz/*/*_fuzz.c))
FUZZ_SECONDS ?= 600

define fuzz_rule
$(BUILD)/fuzz-bin/$(1)/%_fuzz: tests/fuzz/$(1)/%_fuzz.c $(call archives,fuzz,$(1))
	@mkdir -p $$(@D)
	$$(CC_fuzz) $$(BASE) -fsanitize=fuzzer -o $$@ $$< $(call archives,fuzz,$(1)) $$(LIBS)
endef
$(foreach d,$(FOLDERS),$(eval $(call fuzz_rule,$(d))))

fuzz: packages
	@$(MAKE) --no-print-directory -j2 $(FUZZ)
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)

# ---- the targets of a person

CONFIG ?=

run: packages-run
	@$(MAKE) --no-print-directory -j2 -s $(BUILD)/meldlijn
	@$(if $(CONFIG),exec $(BUILD)/meldlijn run -c $(CONFIG),exec $(BUILD)/meldlijn demo)

test: packages
	@$(MAKE) --no-print-directory -j2 $(BUILD)/meldlijn $(BUILD)/at-sim $(UNIT) $(FUZZ)
	@tests/run-all $(UNIT) -- $(FUZZ)

bench: packages
	@$(MAKE) --no-print-directory -j2 $(BUILD)/meldlijn $(BUILD)/at-sim
	@python3 tests/bench/bench.py

soak: packages
	@$(MAKE) --no-print-directory -j2 $(BUILD)/meldlijn $(BUILD)/at-sim
	@SOAK=1 python3 -m pytest -q tests/e2e -m soak

install: $(BUILD)/meldlijn
	install -D -m 755 $(BUILD)/meldlijn $(DESTDIR)$(prefix)/bin/meldlijn
	for d in menus prompts data; do [ ! -d $$d ] || (cd $$d && find . -type f -exec \
		install -D -m 644 {} $(DESTDIR)$(prefix)/share/meldlijn/$$d/{} \;); done

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
