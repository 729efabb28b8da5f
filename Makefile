# pipebooth.  Targets: all check lint fuzz soak examples install uninstall clean
#
#   make                              bin/*
#   make SAN=address,undefined check  the same under sanitizers, in a folder of its own
#   make install DESTDIR=... PREFIX=/usr/local
#
# CC CFLAGS CPPFLAGS LDFLAGS belong to who builds; ours (OUR_*) stand in front.

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
SAN ?=
comma := ,

# A sanitizer build, or a fuzz build, has its own folder and the same rules.
ifeq ($(SAN),)
B = build
BIN = bin
else
B = build-$(subst $(comma),-,$(SAN))
BIN = $(B)/bin
SANFLAGS = -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

PKGS = libcurl openssl libnghttp2 jansson zlib sndfile portaudio-2.0 soxr opus \
	libjwt libqrencode libpng icu-uc
ENGINE_PKGS = pocketsphinx sphinxbase espeak-ng
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(ENGINE_PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS)) -lsonic -lwslay
LIBS_localaws-asr := $(shell pkg-config --libs pocketsphinx sphinxbase soxr)
LIBS_localaws-tts := $(shell pkg-config --libs espeak-ng soxr)
LIBS_localaws := -lhttp_parser
# Only who builds tests has it.
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wwrite-strings -Wvla
# Under sanitizers gcc warns of what cannot be.
ifneq ($(CI),)
ifeq ($(SAN),)
WARN += -Werror
endif
endif
OUR_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DBOOTH_VERSION='"$(VERSION)"' \
	-DBOOTH_LIBEXEC='"$(PREFIX)/libexec/pipebooth"' -Ilib $(PKG_CFLAGS)
OUR_CFLAGS = -std=c11 -fPIC -pthread $(WARN) $(SANFLAGS)
OUR_LDFLAGS = -pthread -Wl,--as-needed $(SANFLAGS)
COMPILE = $(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c
LINK = $(CC) $(OUR_LDFLAGS) $(CFLAGS) $(LDFLAGS)

# A tool is a folder in cmd/, a test suite is a file in tests/unit/, a helper
# program of the tests a file in tests/fake/: adding one takes no line here.
TOOLS := $(notdir $(wildcard cmd/*))
LIBS := room audio aws base
ENGINES := localaws-asr localaws-mt localaws-tts
UNITS := $(notdir $(basename $(wildcard tests/unit/*.c)))
FAKES := $(notdir $(basename $(wildcard tests/fake/*.c)))
FUZZERS := $(notdir $(basename $(wildcard tests/fuzz/*.c)))
NOMEMS := $(filter-out $(ENGINES),$(TOOLS))
BENCHES := $(notdir $(basename $(wildcard tests/bench/*.c)))
ARCHIVES := $(LIBS:%=$(B)/lib%.a)

all: $(TOOLS:%=$(BIN)/%) libaws

tests: all $(UNITS:%=$(B)/tests/%) $(FAKES:%=$(B)/fake/%) $(FUZZERS:%=$(B)/fuzz/%) \
	$(NOMEMS:%=$(B)/nomem/%)

define library
$(B)/lib$(1).a: $$(patsubst %.c,$(B)/%.o,$$(wildcard lib/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call library,$(l))))

# One of these runs for each of a thousand listeners: a loader and shared
# libraries would be half of its memory.  Where there are none to link with, and
# under sanitizers, it is linked as the others are.
ifeq ($(SAN),)
ONLY_LIBS_listen := $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -static-pie -x c -o /dev/null - -ljansson -lm 2>/dev/null && \
	echo -static-pie -ljansson)
endif

define tool
$(BIN)/$(1): $$(patsubst %.c,$(B)/%.o,$$(wildcard cmd/$(1)/*.c)) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) -o $$@ $$^ $$(or $$(ONLY_LIBS_$(1)),$$(LIBS_$(1)) $$(PKG_LIBS)) -lm $$(LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# The library for others: visible is what libaws.map lists, and a test compares.
# Structures stand in the headers: until 1.0 each minor version is an ABI.
LIBAWS_ABI := $(basename $(VERSION))
LIBAWS = libaws.so.$(VERSION)
LIBAWS_LIBS := $(shell pkg-config --libs openssl libcurl libnghttp2 jansson zlib)
LIBAWS_HEADERS = $(LIBAWS_PUBLIC:%=lib/aws/%.h) lib/base/bytes.h \
	lib/base/clock.h lib/base/loop.h
LIBAWS_PUBLIC = bidi blocking client config conn credentials endpoint \
	event_signer eventstream eventstream_event h2 http http_call ini \
	polly_speech polly_stream polly_voices pool proxy retry service_error sigv4 \
	sigv4_chain sigv4_hash sigv4_verify tls transcribe translate

.PHONY: libaws examples install-libaws uninstall-libaws
libaws: $(B)/$(LIBAWS)
$(B)/$(LIBAWS): $(B)/libaws.a $(B)/libbase.a lib/aws/libaws.map
	$(LINK) -shared -Wl,-soname,libaws.so.$(LIBAWS_ABI) \
		-Wl,--version-script=lib/aws/libaws.map -Wl,-Bsymbolic-functions \
		$(if $(SAN),,-Wl,-z,defs) -o $@ -Wl,--whole-archive $(B)/libaws.a \
		-Wl,--no-whole-archive $(B)/libbase.a $(LIBAWS_LIBS) -lm $(LDLIBS)
	ln -sf $(LIBAWS) $(B)/libaws.so.$(LIBAWS_ABI)
	ln -sf $(LIBAWS) $(B)/libaws.so

# As others would build them; tests/e2e/libaws-*.sh do so with what is installed.
examples: $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
$(B)/examples/%: examples/%.c $(B)/$(LIBAWS)
	@mkdir -p $(@D)
	$(CC) -Ilib $(PKG_CFLAGS) $(CPPFLAGS) -Wall -Wextra $(SANFLAGS) $(CFLAGS) \
		$(LDFLAGS) -o $@ $< -L$(B) -Wl,-rpath,$(abspath $(B)) -laws $(LDLIBS)

# A suite that tests a part of a tool names that part: tests/unit/foo.c begins
# with a line "/* with: cmd/foo/bar.c */".
with = $(patsubst %.c,$(B)/%.o,$(shell sed -n 's|^/\* with: \(.*\) \*/$$|\1|p' $(1)))

define unit
$(B)/tests/$(1): $(B)/tests/unit/$(1).o $(call with,tests/unit/$(1).c) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) -o $$@ $$^ $$(CHECK_LIBS) $$(PKG_LIBS) -lm $$(LDLIBS)
endef
$(foreach u,$(UNITS),$(eval $(call unit,$(u))))

define fake
$(B)/fake/$(1): $(B)/tests/fake/$(1).o $(call with,tests/fake/$(1).c) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) -o $$@ $$^ $$(PKG_LIBS) -lm $$(LDLIBS)
endef
$(foreach f,$(FAKES),$(eval $(call fake,$(f))))

# The tools once more, with allocations, reads and writes that fail on request.
WRAPPED = malloc calloc realloc strdup strndup json_loadb json_load_file \
	jwt_decode jwt_get_grants_json jwt_add_grants_json jwt_encode_str \
	read write pread pwrite recv send poll waitpid
define nomem
$(B)/nomem/$(1): $(B)/tests/nomem/nomem.o $$(patsubst %.c,$(B)/%.o,$$(wildcard cmd/$(1)/*.c)) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) $$(WRAPPED:%=-Wl,--wrap=%) -o $$@ $$^ $$(LIBS_$(1)) $$(PKG_LIBS) -lm $$(LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call nomem,$(t))))

# Programs of scripts/bench.
define bench
$(B)/bench/$(1): $(B)/tests/bench/$(1).o $(call with,tests/bench/$(1).c) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) -o $$@ $$^ $$(PKG_LIBS) -lm $$(LDLIBS)
endef
$(foreach n,$(BENCHES),$(eval $(call bench,$(n))))
benches: all $(BENCHES:%=$(B)/bench/%)

# One LLVMFuzzerTestOneInput a file; without libFuzzer, fuzz/replay.c (a main
# that runs files through it) is linked in front, so that `check` replays seeds.
define fuzzer
$(B)/fuzz/$(1): $(B)/tests/fuzz/$(1).o $(call with,tests/fuzz/$(1).c) $(if $(FUZZ),,$(B)/tests/fuzz/main/replay.o) $$(ARCHIVES)
	@mkdir -p $$(@D)
	$$(LINK) $(if $(FUZZ),-fsanitize=fuzzer) -o $$@ $$^ $$(PKG_LIBS) -lm $$(LDLIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -o $@ $<

check: tests
	B=$(B) BIN=$(BIN) tests/run

lint:
	tests/lint

# An hour of talk in ten minutes: does memory grow?
soak: tests
	B=$(B) BIN=$(BIN) SOAK_S=600 SOAK_SPEED=6 tests/soak

# libFuzzer over every target, FUZZ_SECONDS each: make fuzz FUZZ_SECONDS=600.
# tests/fuzz/dict/NAME are the words of its language; what ends a target is left
# in $(B).
FUZZ_SECONDS ?= 60
fuzz:
	$(MAKE) CC=clang SAN=address,undefined B=build-fuzz FUZZ=1 \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' fuzz-run
fuzz-run: $(FUZZERS:%=$(B)/fuzz/%)
	for f in $(FUZZERS); do \
		mkdir -p $(B)/corpus/$$f && \
		$(B)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 \
			-artifact_prefix=$(B)/ \
			$$([ ! -e tests/fuzz/dict/$$f ] || echo -dict=tests/fuzz/dict/$$f) \
			$(B)/corpus/$$f tests/fuzz/seeds/$$f || exit 1; \
	done

USER_TOOLS = $(filter-out $(ENGINES),$(TOOLS))
install: all install-libaws install-systemd
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/pipebooth \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/pipebooth
	install $(USER_TOOLS:%=$(BIN)/%) $(DESTDIR)$(PREFIX)/bin
	install $(ENGINES:%=$(BIN)/%) $(DESTDIR)$(PREFIX)/libexec/pipebooth
	for s in 1 5 7; do \
		install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s || exit 1; \
	done
	cd $(DESTDIR)$(PREFIX)/share/pipebooth && rm -rf web scripts rooms.d
	cp -R web scripts $(DESTDIR)$(PREFIX)/share/pipebooth
	install -d $(DESTDIR)$(PREFIX)/share/pipebooth/rooms.d
	install -m 644 rooms.d/example.conf $(DESTDIR)$(PREFIX)/share/pipebooth/rooms.d
	cd $(DESTDIR)$(PREFIX)/share/pipebooth/scripts && rm check bench

UNITS_SYSTEMD = $(notdir $(wildcard systemd/*.service))
install-systemd:
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d
	for u in $(UNITS_SYSTEMD); do \
		sed 's|@PREFIX@|$(PREFIX)|' systemd/$$u \
			>$(DESTDIR)$(PREFIX)/lib/systemd/system/$$u || exit 1; \
	done
	install -m 644 systemd/pipebooth.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/pipebooth.conf

install-libaws: libaws
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/include/libaws/aws \
		$(DESTDIR)$(PREFIX)/include/libaws/base \
		$(DESTDIR)$(PREFIX)/share/man/man3 \
		$(DESTDIR)$(PREFIX)/share/doc/libaws/examples
	install -m 644 $(B)/$(LIBAWS) $(DESTDIR)$(PREFIX)/lib
	cd $(DESTDIR)$(PREFIX)/lib && ln -sf $(LIBAWS) libaws.so.$(LIBAWS_ABI) && \
		ln -sf $(LIBAWS) libaws.so
	for h in $(LIBAWS_HEADERS:lib/%=%); do \
		install -m 644 lib/$$h $(DESTDIR)$(PREFIX)/include/libaws/$$h || exit 1; \
	done
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' lib/aws/libaws.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/libaws.pc
	install -m 644 man/*.3 $(DESTDIR)$(PREFIX)/share/man/man3
	install -m 644 examples/*.c $(DESTDIR)$(PREFIX)/share/doc/libaws/examples

uninstall: uninstall-libaws
	cd $(DESTDIR)$(PREFIX)/lib && rm -f $(UNITS_SYSTEMD:%=systemd/system/%) \
		sysusers.d/pipebooth.conf
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(USER_TOOLS)
	cd $(DESTDIR)$(PREFIX)/share/man && rm -f $(foreach p,$(wildcard man/*.[157]),man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
	rm -rf $(DESTDIR)$(PREFIX)/libexec/pipebooth $(DESTDIR)$(PREFIX)/share/pipebooth

uninstall-libaws:
	cd $(DESTDIR)$(PREFIX)/lib && rm -f libaws.so libaws.so.$(LIBAWS_ABI) \
		$(LIBAWS) pkgconfig/libaws.pc
	cd $(DESTDIR)$(PREFIX)/share/man && rm -f $(patsubst man/%,man3/%,$(wildcard man/*.3))
	rm -rf $(DESTDIR)$(PREFIX)/include/libaws $(DESTDIR)$(PREFIX)/share/doc/libaws

clean:
	rm -rf build build-* bin

-include $(shell find build build-* $(B) -name '*.d' 2>/dev/null)

.DELETE_ON_ERROR:

.PHONY: all tests benches check lint fuzz soak fuzz-run install uninstall clean
