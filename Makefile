# bulkpg - `make help` lists the targets. Variants live side by side in
# build/<variant>/; the program itself is build/bulkpg.
VERSION  := 0.1.0
VARIANT  ?= release
BUILD    := build/$(VARIANT)
PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
DATADIR  ?= $(PREFIX)/share
DOCDIR   ?= $(DATADIR)/doc/bulkpg
UNITDIR  ?= $(PREFIX)/lib/systemd/system
ZSHDIR   ?= $(DATADIR)/zsh/site-functions
PACKAGES := libcurl libpq yajl ini_config libxxhash libmd zlib libzstd \
            libmicrohttpd

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Werror
HARDEN   := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
# Link-time optimisation helps, because small functions of many files make the
# rows. Tests are linked without it, which is faster. clang needs a linker
# plugin for it that not every machine has.
LTO      := $(if $(findstring clang,$(shell $(CC) --version)),,-flto=auto \
            -ffat-lto-objects)
FLAGS_debug   := -O0 -g
FLAGS_release := -O2 -g $(HARDEN) $(LTO)
FLAGS_asan    := -O1 -g -fsanitize=address,undefined \
                 -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
                 -fno-sanitize-recover=undefined

CPPFLAGS += -Isrc -Ibuild/gen -D_GNU_SOURCE -DBULKPG_VERSION='"$(VERSION)"' \
            $(shell pkg-config --cflags $(PACKAGES))
CFLAGS   := -std=c11 $(WARNINGS) $(FLAGS_$(VARIANT))
LDFLAGS  := $(FLAGS_$(VARIANT))
LDLIBS   := $(shell pkg-config --libs $(PACKAGES)) -lm

SQL      := $(filter-out sql/examples/%,$(sort $(wildcard sql/*.sql sql/*/*.sql)))
# Those for Shopify, then those for the presets.
READY    := $(sort $(wildcard src/queries/*.*)) \
            $(sort $(wildcard src/queries/*/*.*))
PAGE     := src/report/head.html src/report/report.css
GEN      := build/gen/sql.c build/gen/ready_queries.c build/gen/pages.c
OBJECTS  := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/*/*.c)) \
            $(patsubst build/gen/%.c,$(BUILD)/gen/%.o,$(GEN))
# tests/<room>/test_<file>.c: `make check-load` is the tests of one room,
# `make check-load/route` those of one file.
TESTS    := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/*/test_*.c))
percent  := %
CHECKS   := $(subst /test_,/,$(TESTS:$(BUILD)/%=check-%))
ROOMS    := $(sort $(patsubst %/,%,$(dir $(CHECKS))))
WRAPPED  := err_set err_code err_given log_warning clock_now_ms clock_after_ms
SUPPORT  := $(patsubst tests/%.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
BENCH    := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
SOURCES  := $(wildcard src/*.c src/*/*.[ch] scripts/*.c tests/*/*.[ch])
# Installed with their folders, so that links between them work.
DOCUMENTS := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md \
            $(wildcard docs/*.md docs/*.svg docs/*.json) $(wildcard sql/examples/*.sql) \
            tests/bench/README.md tests/bench/results.md \
            scripts/install/bulkpg.cron
MANUAL   := $(addprefix build/manual/,bulkpg.1 bulkpg.ini.5 \
            bulkpg-messages.7 bulkpg-queries.7 bulkpg.bash _bulkpg)

all: build/bulkpg ## build the program (VARIANT=release|debug|asan)

# The program of the variant that was built last. It is replaced by a rename,
# because the old one may be running.
build/bulkpg: $(BUILD)/bulkpg build/variant
	@cp $< $@.new && mv -f $@.new $@

# Holds the variant of build/bulkpg. The file changes only with the variant, and
# build/bulkpg is then out of date, whichever file is newer.
build/variant: FORCE
	@mkdir -p build
	@echo "$(VARIANT)" | cmp -s - $@ || echo "$(VARIANT)" >$@

$(BUILD)/bulkpg: $(BUILD)/main.o $(OBJECTS)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

demo: ## load a fake store into a temporary PostgreSQL, start to end
	scripts/demo.sh

picture: ## draw docs/terminal.svg from a run of the demo
	DEMO_PICTURE=docs/terminal.svg scripts/demo.sh

test: ## run all tests, also under sanitizers (15 min)
	scripts/test.sh

check: $(CHECKS) check-messages ## run the unit tests of this variant

check-messages: $(BUILD)/tables.json ## check that docs/messages.md and docs/reference.md are up to date
	@scripts/document-messages $< --check
	@scripts/document-reference $< --check

.SECONDEXPANSION:
$(CHECKS): check-%: $(BUILD)/$$(subst /,/test_,$$*)
	@$<

$(ROOMS): %: $$(filter $$@/$$(percent),$(CHECKS))

check-build: $(BUILD)/bulkpg $(TESTS) $(BENCH) ## build the unit tests and the bench's tools

check-e2e: $(BUILD)/bulkpg ## run the end-to-end tests against a real PostgreSQL
	tests/e2e/run.sh $(abspath $(BUILD)/bulkpg)

check-asan: ## run unit and end-to-end tests under address and undefined sanitizers
	@$(MAKE) --no-print-directory VARIANT=asan check check-e2e

test-long: $(BUILD)/bulkpg ## test hundreds of random queries and kills, a large result, long fuzzing
	E2E_LONG=1 E2E_SEEDS=500 E2E_KILLS=520 \
	    tests/e2e/run.sh $(abspath $(BUILD)/bulkpg)
	@$(MAKE) --no-print-directory check-postgres-versions
	@$(MAKE) --no-print-directory check-valgrind
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=600

check-postgres-versions: $(BUILD)/bulkpg ## run the database tests against PostgreSQL 14, 16, 17 and 18
	scripts/check-postgres-versions $(abspath $(BUILD)/bulkpg)

check-valgrind: ## run the unit tests and a load under valgrind
	@$(MAKE) --no-print-directory VARIANT=debug check-valgrind-run

check-valgrind-run: $(TESTS) $(BUILD)/bulkpg
	@set -e; for t in $(TESTS); do CK_FORK=no valgrind -q \
	    --leak-check=full --error-exitcode=1 $$t; done
	@BULKPG=$(abspath $(BUILD)/bulkpg) E2E_PATIENCE=10 \
	    tests/e2e/run.sh $(abspath tests/e2e/valgrind.sh) \
	    Loads.test_products Loads.test_orders

check-threads: $(GEN) ## run the test of the second thread under the thread sanitizer
	@mkdir -p build/tsan
	@$(CC) $(CPPFLAGS) -Itests -std=c11 -O1 -g -fsanitize=thread \
	    $(shell pkg-config --cflags check) -o build/tsan/test_tandem \
	    tests/json/test_tandem.c tests/support/suite.c \
	    tests/support/cluster.c $(wildcard src/base/*.c src/json/*.c) \
	    $(shell pkg-config --libs check) $(LDLIBS)
	@build/tsan/test_tandem

fuzz: ## fuzz each target for FUZZ_SECONDS (default 10)
	@$(MAKE) --no-print-directory CC=clang VARIANT=fuzz $(FUZZERS:=.run)

fuzz-build: ## link the fuzz targets, without fuzzing
	@$(MAKE) --no-print-directory CC=clang VARIANT=fuzz $(FUZZERS)

# New inputs are saved in the corpus in build/; the seeds do not change.
%.run: %
	@mkdir -p $*.corpus
	@$* -max_total_time=$(or $(FUZZ_SECONDS),10) -print_final_stats=0 \
	    -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=128 \
	    $(addprefix -dict=,$(wildcard tests/fuzz/$(*F).dict)) \
	    -artifact_prefix=$*. $*.corpus $(wildcard tests/fuzz/seeds/$(*F))

bench: build/bulkpg ## compare with psql COPY and other scripts; see tests/bench/README.md
	scripts/install-packages.sh demo bench
	tests/bench/run.sh $(abspath build/bulkpg)

lint: ## check format, layers, words, links, shell scripts; changes nothing
	@clang-format --dry-run -Werror $(SOURCES)
	@scripts/check-layers.py
	@scripts/check-names.py
	@scripts/check-output.sh
	@scripts/check-words
	@scripts/check-links.py
	@shellcheck scripts/install/make-deb scripts/install/check-*
	@shellcheck scripts/*.sh scripts/check-postgres-versions \
	    scripts/embed-files tests/bench/*.sh \
	    tests/bench/ways/*.sh tests/e2e/*.sh .ci/run

format: ## rewrite the sources in the house format
	clang-format -i $(SOURCES)

tables: build/bulkpg ## rewrite docs/tables.svg and the lists in docs/tables.md
	@set -e; for q in src/queries/*.graphql; do build/bulkpg plan ./$$q \
	    --json --types tests/fakeshop/admin-2026-10.reduced.json; done | \
	    scripts/document-tables.py

messages: $(BUILD)/tables.json ## rewrite docs/messages.md
	scripts/document-messages $<

reference: $(BUILD)/tables.json ## rewrite docs/reference.md
	scripts/document-reference $<

queries: build/bulkpg ## rewrite the tables below the examples of the pages
	scripts/document-queries build/bulkpg

manual: $(MANUAL) ## write manual pages and completions into build/manual/

install: build/bulkpg $(MANUAL) ## install under PREFIX (/usr/local), honouring DESTDIR
	install -D -m 755 build/bulkpg $(DESTDIR)$(BINDIR)/bulkpg
	install -D -m 644 src/queries/bulkpg.graphqls \
	    $(DESTDIR)$(DATADIR)/bulkpg/bulkpg.graphqls
	install -D -m 644 build/manual/bulkpg.1 \
	    $(DESTDIR)$(DATADIR)/man/man1/bulkpg.1
	install -D -m 644 build/manual/bulkpg.ini.5 \
	    $(DESTDIR)$(DATADIR)/man/man5/bulkpg.ini.5
	install -D -m 644 build/manual/bulkpg-messages.7 \
	    $(DESTDIR)$(DATADIR)/man/man7/bulkpg-messages.7
	install -D -m 644 build/manual/bulkpg-queries.7 \
	    $(DESTDIR)$(DATADIR)/man/man7/bulkpg-queries.7
	install -D -m 644 build/manual/bulkpg.bash \
	    $(DESTDIR)$(DATADIR)/bash-completion/completions/bulkpg
	install -D -m 644 build/manual/_bulkpg $(DESTDIR)$(ZSHDIR)/_bulkpg
	install -D -m 644 scripts/install/bulkpg@.timer \
	    $(DESTDIR)$(UNITDIR)/bulkpg@.timer
	set -e; for f in $(DOCUMENTS); do \
	    install -D -m 644 $$f $(DESTDIR)$(DOCDIR)/$$f; done
	set -e; for u in bulkpg@.service bulkpg-listen@.service; do \
	    sed 's|@BINDIR@|$(BINDIR)|' scripts/install/$$u \
	        >build/manual/$$u; \
	    install -m 644 build/manual/$$u $(DESTDIR)$(UNITDIR); done

deb: build/bulkpg $(MANUAL) ## build a Debian package in build/
	+scripts/install/make-deb $(VERSION)

check-install: deb ## check manual, completions, units, and the package
	scripts/install/check-install build/bulkpg_$(VERSION)_*.deb

clean: ## remove everything that was built
	rm -rf build

help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(BUILD)/describe: scripts/describe.c $(BUILD)/libbulkpg.a
	@echo "  LINK $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $^ $(LDFLAGS) -fno-lto $(LDLIBS)

$(BUILD)/tables.json: $(BUILD)/describe
	@$< >$@

# One call writes all of these.
$(MANUAL) &: $(BUILD)/tables.json scripts/write-manual \
    scripts/manual_page.py scripts/document-messages docs/queries.md
	@mkdir -p build/manual
	scripts/write-manual $< build/manual

build/gen/sql.c: scripts/embed-sql $(SQL)
	@mkdir -p $(@D)
	@echo "  GEN $@"
	@scripts/embed-sql build/gen/sql.h $@ $(SQL)

build/gen/ready_queries.c: scripts/embed-files $(READY)
	@mkdir -p $(@D)
	@echo "  GEN $@"
	@scripts/embed-files ready src/queries build/gen/ready_queries.h $@ $(READY)

build/gen/pages.c: scripts/embed-files $(PAGE)
	@mkdir -p $(@D)
	@echo "  GEN $@"
	@scripts/embed-files page src/report build/gen/pages.h $@ $(PAGE)

$(BUILD)/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.o: src/%.c | $(GEN)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/support/%.o: tests/support/%.c | $(GEN)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -c -o $@ $<

# The program's objects are in a library, so that each test links only what it
# uses. Calls of the functions in WRAPPED go through tests/support/seen.c and
# clock.c.
$(BUILD)/libbulkpg.a: $(OBJECTS)
	@rm -f $@
	@echo "  AR $@"
	@ar rcs $@ $^

$(TESTS): $(BUILD)/%: tests/%.c $(SUPPORT) $(BUILD)/libbulkpg.a | $(GEN)
	@mkdir -p $(@D)
	@echo "  TEST $@"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP \
	    $(shell pkg-config --cflags check) -o $@ $< $(filter %.o,$^) \
	    $(BUILD)/libbulkpg.a $(LDFLAGS) -fno-lto \
	    $(WRAPPED:%=-Wl,--wrap=%) \
	    $(shell pkg-config --libs check) $(LDLIBS)

$(BENCH): $(BUILD)/%: tests/%.c $(BUILD)/libbulkpg.a | $(GEN)
	@mkdir -p $(@D)
	@echo "  TOOL $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(BUILD)/libbulkpg.a \
	    $(LDFLAGS) -fno-lto $(LDLIBS)

# This test replaces libpq.
$(BUILD)/pg/test_wire: $(BUILD)/scripted/libpq.o

# These tests replace the store and the journal.
$(patsubst %,$(BUILD)/bulk/test_%,operation cancel slices slices_note): \
    $(BUILD)/scripted/bulk.o

# These tests load lines into a real database.
$(patsubst %,$(BUILD)/load/test_%,merge guard target obstacle paged stage): \
    $(BUILD)/load/staged.o

$(BUILD)/load/staged.o: tests/load/staged.c | $(GEN)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -c -o $@ $<

# These tests share a job and its results.
$(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/run/test_*.c)) \
    $(BUILD)/job/test_pending: \
    $(BUILD)/scripted/job.o $(BUILD)/scripted/lines.o

# These tests share a push and its store.
$(patsubst %,$(BUILD)/push/test_%,chunks direct plans settle stage): $(BUILD)/scripted/push.o

$(BUILD)/scripted/%.o: tests/scripted/%.c | $(GEN)
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) -MMD -MP -c -o $@ $<

# A fuzz target that replaces some files is linked without them.
FAKES_fuzz_rows     := pg/%
FAKES_fuzz_store    := base/task http/http http/transfer http/stream
FAKES_fuzz_download := http/http http/transfer http/stream
FUZZ_SUPPORT := $(patsubst %,build/fuzz/support/%.o,cluster pages types)

build/fuzz/fuzz_%.a: $(OBJECTS)
	@rm -f $@
	@echo "  AR $@"
	@ar rcs $@ $(filter-out $(FAKES_fuzz_$*:%=build/fuzz/%.o),$^)

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_SUPPORT) build/fuzz/fuzz_%.a
	@echo "  FUZZ $@"
	@clang $(CPPFLAGS) -Itests -std=c11 $(FLAGS_fuzz) -fsanitize=fuzzer \
	    -o $@ $^ $(shell pkg-config --libs check) $(LDLIBS)

-include $(shell find build -name '*.d' 2>/dev/null)

.PHONY: all demo picture test test-long check $(CHECKS) $(ROOMS) check-build check-e2e check-asan check-messages \
        check-postgres-versions \
        check-threads check-valgrind check-valgrind-run fuzz fuzz-build bench lint format tables messages reference queries manual \
        install deb check-install clean help FORCE
.DEFAULT_GOAL := all
.SECONDARY:
