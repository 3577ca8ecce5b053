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
sysconfdir ?= /etc
VERSION := $(shell cat VERSION)

PKGS := libosmocore libosmogsm libosmovty sqlite3 libcurl libmicrohttpd gnutls jansson libxml-2.0 yaml-0.1 icu-i18n \
	icu-uc libsodium liboath espeak-ng speexdsp sndfile libopusenc spandsp libre librem libssl libcrypto \
	alsa libqrencode
WARN := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 \
	-Wno-unused-parameter
# libre's headers ask for the last two, and its pkg-config file does not give them
DEFS = -D_GNU_SOURCE -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DVERSION='"$(VERSION)"' -DDATADIR='"$(prefix)/share/meldlijn"'
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
BASE = -std=gnu11 $(WARN) $(DEFS) -MMD -MP -Igateway -I$(BUILD)/gen $(PKG_CFLAGS)
LIBS = $(PKG_LIBS) -lgsm -lm
SAN := -O1 -g1 -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined

# The tree from the top down: an include may only point to the right.
FOLDERS := web flow line contractor voice desk store talk wire
LINKED := $(foreach d,$(FOLDERS),$(if $(wildcard gateway/$(d)/*.c),$(d)))
TOP_SRC := $(wildcard gateway/*.c gateway/command/*.c)

# of packages.txt
SECTIONS := build test npm bench draw format

# as many jobs as cores, unless make was told
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all sim run test unit bench fuzz soak install format clean \
	packages $(SECTIONS:%=packages-%) always

all: packages-build
	@$(MAKE) --no-print-directory $(JOBS) $(BUILD)/meldlijn

sim: $(BUILD)/at-sim

# ---- packages: packages.txt is the only list; what is present is not asked for again

packages: $(SECTIONS:%=packages-%)

$(SECTIONS:%=packages-%): packages-%:
	@mkdir -p $(BUILD)
	@list=$$(sed -n '/^# --- $*:/,/^# ---/{/^#/d;p}' packages.txt); \
	have=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $$list 2>/dev/null); \
	need=$$(for p in $$list; do echo "$$have" | grep -qx "installed $$p" || echo $$p; done); \
	[ -n "$$need" ] || exit 0; \
	get="apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends"; \
	by_hand="install these, then make again:" need=$$(echo $$need); \
	command -v apt-get >/dev/null || { echo "no apt here: $$by_hand $$need" >&2; exit 1; }; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=$$(command -v sudo) || \
		{ echo "neither root nor sudo: $$by_hand $$need" >&2; exit 1; }; \
	echo "installing with apt: $$need"; \
	$$sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update; $$get $$need" \
		>$(BUILD)/apt.log 2>&1 </dev/null || { grep -E '^[EW]:|^sudo:' $(BUILD)/apt.log | tail -5 >&2; \
		echo "apt failed, all it said is in $(BUILD)/apt.log; mend that or $$by_hand $$need" >&2; exit 1; }

# ---- objects: build/VARIANT/FOLDER/FILE.o, one archive a folder
# rel = what ships; san = ASan + UBSan, with libFuzzer's hooks: compiled once for the unit tests and the fuzzers

CC_rel = $(CC) $(CFLAGS)
CC_san = $(FUZZ_CC) $(SAN) -fPIC -fsanitize=fuzzer-no-link -Wno-unknown-warning-option
# the programs that test it are compiled once and run for a moment
CC_test = $(CC_san) -O0 $(SHARED_LINK)

define variant
$(BUILD)/$(1)/%.o: gateway/%.c $(BUILD)/gen/migrations.h VERSION | $(BUILD)/gen/web_assets.h
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(BASE) -c -o $$@ $$<
$(foreach d,$(FOLDERS),$(eval $(call archive,$(1),$(d))))
endef

define archive
$(BUILD)/$(1)/lib$(2).a: $(patsubst gateway/%.c,$(BUILD)/$(1)/%.o,$(wildcard gateway/$(2)/*.c))
	@rm -f $$@
	ar rcs $$@ $$^
endef

$(foreach v,rel san,$(eval $(call variant,$(v))))

# Tests share each folder's code as one library, or each of a hundred and thirty programs would be linked with all of it.
# What a folder asks of who uses it (the clock) is undefined there; a test defines what it needs of that.
$(BUILD)/san/lib%.so: $(BUILD)/san/lib%.a
	$(CC_san) -fuse-ld=lld -shared -o $@ -Wl,--whole-archive $< -Wl,--no-whole-archive

# what a test of folder $(2) links: that folder and all below it
below = $(if $(filter $(1),$(firstword $(2))),$(2),$(if $(2),$(call below,$(1),$(wordlist 2,99,$(2)))))
shared = $(patsubst %,$(BUILD)/san/lib%.so,$(filter $(LINKED),$(call below,$(1),$(FOLDERS))))
SHARED_LINK = -fuse-ld=lld -Wl,--allow-shlib-undefined -Wl,-rpath,'$$ORIGIN/../../san'

$(BUILD)/gen/migrations.h: $(wildcard sql/*.sql)
	@mkdir -p $(@D)
	@{ echo '/* made from sql/ by the Makefile */'; \
	for f in $(sort $^); do n=$$(basename $$f .sql); \
		echo "{ $$(echo $$n | cut -d_ -f1 | sed 's/^0*//'), \"$$n\","; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f; echo '},'; \
	done; } > $@

# What a browser loads, each with a hash that is part of its address.
$(BUILD)/gen/web_assets.h: $(wildcard gateway/web/assets/*)
	@mkdir -p $(@D)
	@{ echo '/* made from gateway/web/assets/ by the Makefile */'; \
	for f in $(sort $^); do \
		echo "{ \"$$(basename $$f)\", \"$$(sha256sum $$f | cut -c 1-16)\","; \
		sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f; echo '},'; \
	done; } > $@

# The prefix is compiled in: the objects that know it follow when it changes.
$(BUILD)/gen/prefix: always
	@mkdir -p $(@D)
	@echo '$(prefix)' | cmp -s - $@ || echo '$(prefix)' >$@

$(patsubst gateway/%.c,$(BUILD)/rel/%.o,$(TOP_SRC)): $(BUILD)/gen/prefix

$(BUILD)/meldlijn: $(patsubst gateway/%.c,$(BUILD)/rel/%.o,$(TOP_SRC)) \
		$(patsubst %,$(BUILD)/rel/lib%.a,$(LINKED))
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/at-sim: $(patsubst tests/sim/%.c,$(BUILD)/sim/%.o,$(wildcard tests/sim/*.c))
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE) -Itests/sim -c -o $@ $<

$(BUILD)/callers: tests/bench/callers.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(WARN) -D_GNU_SOURCE -o $@ $<

# ---- unit tests: tests/unit/FOLDER/MODULE_test.c links FOLDER and what lies below it

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*/*_test.c))

define unit_rule
$(BUILD)/unit/$(1)/%_test: tests/unit/$(1)/%_test.c $(call shared,$(1)) \
		$(wildcard tests/unit/$(1)/*.h)
	@mkdir -p $$(@D)
	$$(CC_test) $$(BASE) -Itests/unit -o $$@ $$< $(call shared,$(1)) -lcmocka $$(LIBS)
endef
$(foreach d,$(FOLDERS),$(eval $(call unit_rule,$(d))))

unit: $(UNIT)
	@for t in $(UNIT); do echo "== $$t"; $$t || exit 1; done

# ---- fuzz: tests/fuzz/FOLDER/MODULE_fuzz.c, its corpus in tests/fuzz/corpus/MODULE/

FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz-bin/%,$(wildcard tests/fuzz/*/*_fuzz.c))
FUZZ_SECONDS ?= 600

define fuzz_rule
$(BUILD)/fuzz-bin/$(1)/%_fuzz: tests/fuzz/$(1)/%_fuzz.c $(call shared,$(1))
	@mkdir -p $$(@D)
	$$(CC_test) $$(BASE) -fsanitize=fuzzer -o $$@ $$< $(call shared,$(1)) $$(LIBS)
endef
$(foreach d,$(FOLDERS),$(eval $(call fuzz_rule,$(d))))

fuzz: packages-build packages-test
	@$(MAKE) --no-print-directory $(JOBS) $(FUZZ)
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)

# ---- the targets of a person

CONFIG ?=

run: packages-build
	@[ -x $(BUILD)/meldlijn ] || echo "building meldlijn, about a minute the first time ..."
	@$(MAKE) --no-print-directory $(JOBS) -s $(BUILD)/meldlijn
	@exec $(BUILD)/meldlijn $(if $(CONFIG),run -c $(CONFIG),demo)

# axe-core judges the pages of the console; npm checks it against the lock's hash
AXE := $(BUILD)/axe/node_modules/axe-core/axe.min.js

$(AXE): tests/e2e/axe/package.json tests/e2e/axe/package-lock.json
	@command -v npm >/dev/null || $(MAKE) --no-print-directory packages-npm
	@mkdir -p $(BUILD)/axe
	@cp $^ $(BUILD)/axe
	@npm ci --prefix $(BUILD)/axe --no-audit --no-fund --loglevel=error >$(BUILD)/axe/npm.log 2>&1 || \
		{ echo "axe-core $$(sed -n 's/.*"axe-core": "\(.*\)".*/\1/p' $<) cannot be had from npm" \
		"(is the network there? all it said is in $(BUILD)/axe/npm.log)" >&2; exit 1; }
	@touch $@

# the packages of the tests come in while what ships is compiled
test: packages-build
	@$(MAKE) --no-print-directory $(if $(JOBS),-j$$(($$(nproc) + 1))) packages-test $(BUILD)/meldlijn $(BUILD)/at-sim
	@$(MAKE) --no-print-directory $(AXE)
	@BUILD=$(BUILD) tests/run-all $(UNIT) -- $(FUZZ)

bench: packages-build packages-bench
	@$(MAKE) --no-print-directory $(JOBS) $(BUILD)/meldlijn $(BUILD)/at-sim $(BUILD)/callers
	@python3 tests/bench/bench.py

soak: packages-build packages-test
	@$(MAKE) --no-print-directory $(JOBS) $(BUILD)/meldlijn $(BUILD)/at-sim
	@SOAK=1 /usr/bin/python3 -m pytest -q tests/e2e -m soak

# ---- install: all below $(prefix), but for the sample configuration

SHARE = $(DESTDIR)$(prefix)/share
LIB = $(DESTDIR)$(prefix)/lib
ETC = $(DESTDIR)$(sysconfdir)/meldlijn
PLACE = sed -e 's|@PREFIX@|$(prefix)|g' -e 's|@SYSCONFDIR@|$(sysconfdir)|g' -e 's|@VERSION@|$(VERSION)|g'
place = install -D -m 644 /dev/null $(2) && $(PLACE) gateway/install/$(1) >$(2)

install: packages-build
	@$(MAKE) --no-print-directory $(JOBS) -s $(BUILD)/meldlijn
	install -D -m 755 $(BUILD)/meldlijn $(DESTDIR)$(prefix)/bin/meldlijn
	for f in $$(find menus prompts -type f); do \
		install -D -m 644 $$f $(SHARE)/meldlijn/$$f || exit 1; done
	$(call place,meldlijn.service,$(LIB)/systemd/system/meldlijn.service)
	$(call place,sysusers.conf,$(LIB)/sysusers.d/meldlijn.conf)
	$(call place,tmpfiles.conf,$(LIB)/tmpfiles.d/meldlijn.conf)
	$(call place,modem.rules,$(LIB)/udev/rules.d/78-mm-meldlijn.rules)
	$(call place,meldlijn.1,$(SHARE)/man/man1/meldlijn.1)
	install -D -m 644 /dev/null $(ETC)/meldlijn.cfg.example
	sed 's|^database .*|database /var/lib/meldlijn/meldlijn.db|' meldlijn.cfg.example \
		>$(ETC)/meldlijn.cfg.example

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
