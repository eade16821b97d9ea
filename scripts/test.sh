#!/bin/bash
# Runs all tests: both compilers, lint, unit tests, end-to-end tests against a
# real PostgreSQL, whether these provoke every message, the installation, all
# tests again under sanitizers, and a short fuzz run. Stops at the first stage
# that fails, and shows why.
#
#   scripts/test.sh            runs all stages
#   scripts/test.sh STAGE...   installs packages and runs these stages
#   scripts/test.sh --list     lists the stages
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
jobs=$(nproc)
variant=release
folder=
child=
summary=()
ended=()

# The tests use neither the user's database nor the user's build flags.
for name in "${!PG@}"; do
  [[ $name == PG_* ]] || unset "$name"
done
unset MAKEFLAGS MAKELEVEL MFLAGS CFLAGS CPPFLAGS LDFLAGS
export LC_ALL=C.UTF-8 UBSAN_OPTIONS=print_stacktrace=1

# ---- stages ----------------------------------------------------------------

run_make() {
  make --no-print-directory -C "$top" -j"$jobs" "$@"
}

stage_gcc() {
  run_make all check-build
}

stage_clang() {
  run_make CC=clang VARIANT=clang build/clang/bulkpg check-build
  run_make fuzz-build
}

# A slower program is a note, not a failure.
stage_count() {
  run_make build/bulkpg
  "$top/tests/bench/count.sh" "$top/build/bulkpg"
}

stage_lint() {
  python3 "$here/check-layers.py"
  python3 "$here/check-names.py"
  "$here/check-output.sh"
  python3 "$here/check-words"
  python3 "$here/check-links.py"
  if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    find "$top/src" "$top/scripts" "$top/tests" -name '*.[ch]' -print0 |
      xargs -0 clang-format --dry-run -Werror
  else
    echo "note: clang-format 14 is missing, formatting is not checked"
  fi
  if command -v shellcheck >/dev/null; then
    (cd "$top" && shellcheck scripts/*.sh scripts/check-postgres-versions \
      scripts/embed-files \
      scripts/install/make-deb scripts/install/check-* \
      tests/bench/*.sh tests/bench/ways/*.sh tests/e2e/*.sh .ci/run)
  else
    echo "note: shellcheck is missing, shell scripts are not checked"
  fi
}

# Unit tests mostly wait, so more of them than cores run at a time.
stage_unit() {
  run_make -k -O -j"$((2 * jobs))" VARIANT="$variant" check
}

stage_e2e() {
  run_make VARIANT="$variant" check-e2e
}

# Checks that the stages unit and e2e have provoked every message.
stage_messages() {
  local stage
  for stage in unit e2e; do
    [[ " ${ended[*]} " == *" $stage "* ]] || {
      echo "messages: run it after unit and e2e, in the same call"
      return 1
    }
  done
  run_make VARIANT="$variant" "build/$variant/tables.json"
  "$here/check-messages" "$top/build/$variant/tables.json" "$MESSAGES_SEEN"
}

stage_asan() {
  variant=asan
  run_make VARIANT=asan build/asan/bulkpg check-build
  run_make check-threads
  stage_unit
  stage_e2e
}

# Checks that `make install` installs the right variant, and checks the
# unpacked package.
stage_install() {
  MAKEFLAGS=-j$jobs "$here/install/check-variants"
  if ! command -v dpkg-shlibdeps >/dev/null; then
    echo "note: dpkg-dev is missing, the package is not checked"
    return
  fi
  run_make deb
  "$here/install/check-install" "$top"/build/bulkpg_*.deb -
}

stage_fuzz() {
  run_make FUZZ_SECONDS=10 fuzz
}

# ---- counts of tests -------------------------------------------------------

# check_count KIND COUNT: fails if fewer tests ran than tests/COUNT says.
check_count() {
  local least
  least=$(sed -n "s/^$1 //p" "$top/tests/COUNT")
  if [ "$2" -lt "$least" ]; then
    echo "$2 $1 tests were run, but tests/COUNT has $least. Tests are missing." \
      "If they were removed on purpose, change tests/COUNT."
    return 1
  fi
  [ "$2" -eq "$least" ] ||
    echo "note: $2 $1 tests were run; tests/COUNT has $least, raise it"
}

# count_tests LOG PATTERN: the sum of the last lines of Check, or of those of
# the end-to-end tests.
count_tests() {
  local log=$1 pattern=$2 number total=0
  while read -r number; do
    total=$((total + number))
  done < <(grep -aE "$pattern" "$log" |
    grep -oE '[0-9]+ (passed|failed|skipped)|Checks: [0-9]+' |
    grep -oE '[0-9]+')
  echo "$total"
}

# check_counts LOG STAGE: checks the tests that a stage ran.
check_counts() {
  local unit e2e
  unit=$(count_tests "$1" '^[0-9]+%: Checks:')
  e2e=$(count_tests "$1" '^e2e: ')
  case $2 in
    unit) check_count unit "$unit" ;;
    e2e) check_count e2e "$e2e" ;;
    asan) check_count unit "$unit" && check_count e2e "$e2e" ;;
  esac
}

# ---- output ----------------------------------------------------------------

# The last lines of Check and of the end-to-end tests, and notes.
closing_lines() {
  grep -aE '^(Running suite|[0-9]+%: Checks:|e2e: |note: )' "$1" || true
}

# The output of a failed stage: the unit tests that failed, then its end. The
# log of the tested program is left out, and a warning that the address
# sanitizer prints for each process.
show_failure() {
  grep -aE '^tests/[^ ]+:[0-9]+:[EF]:' "$1" || true
  grep -avE '^(time=|  (CC|GEN|TEST|LINK|AR) |==[0-9]+==WARNING: ASan does)' "$1" |
    tail -n 200
}

run_stage() {
  local began=$SECONDS log=$folder/log state=ok status=0 counted
  printf '=== %s\n' "$1"
  # The stage runs in its own process group (set -m), because Check kills its
  # whole group when it is interrupted, and in a subshell, so that "set -e"
  # applies.
  set -m
  (
    set -e
    "stage_$1"
  ) >"$log" 2>&1 </dev/null &
  child=$!
  set +m
  wait "$child" || status=$?
  child=
  if [ "$status" -eq 0 ]; then
    counted=$(check_counts "$log" "$1") || status=1
    printf '%s\n' "$counted" >>"$log"
  fi
  [ "$status" -eq 0 ] || state=FAILED
  summary+=("$(printf '%-8s %-6s %4d s' "$1" "$state" "$((SECONDS - began))")")
  if [ "$status" -ne 0 ]; then
    show_failure "$log"
    print_summary
    echo "test.sh: stage $1 FAILED after $SECONDS s; its output is above"
    exit 1
  fi
  ended+=("$1")
  closing_lines "$log"
}

print_summary() {
  printf '\n=== summary\n'
  printf '%s\n' "${summary[@]}"
}

clean_up() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  [ -z "$folder" ] || rm -rf "$folder"
}

# ---- all stages ------------------------------------------------------------

all_stages=(gcc count clang lint unit e2e messages install asan fuzz)
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${all_stages[@]}"
  exit 0
fi
stages=("$@")
[ $# -gt 0 ] || stages=("${all_stages[@]}")
for stage in "${stages[@]}"; do
  declare -F "stage_$stage" >/dev/null || {
    echo "test.sh: unknown stage $stage; --list lists the stages" >&2
    exit 64
  }
done

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$here/install-packages.sh" build demo test
mkdir -p "$top/build" 2>/dev/null || true
[ -w "$top/build" ] || {
  echo "test.sh: cannot write to $top/build" >&2
  exit 1
}
folder=$(mktemp -d /tmp/bulkpg-run.XXXXXX)
export MESSAGES_SEEN=$folder/seen
for stage in "${stages[@]}"; do
  run_stage "$stage"
done
print_summary
echo "all tests passed in $SECONDS s"
