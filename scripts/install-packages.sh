#!/bin/bash
# Installs the Debian packages that bulkpg needs and that are missing:
#
#     scripts/install-packages.sh [--list] build|demo|test|bench|versions...
#
#   build     to compile the program
#   demo      in addition, for scripts/demo.sh: PostgreSQL, and the fake store
#   test      in addition, for scripts/test.sh: unit tests, sanitizers, fuzzing
#   versions  in addition to demo and test, for `make check-postgres-versions`
#   bench     in addition to demo, for `make bench`: the programs to compare with
#
# --list only prints the names. If nothing is missing, the script prints nothing
# and needs no rights. Otherwise it needs root, or sudo without a password.
set -euo pipefail

# One line per package; "|" separates alternatives.
build_packages=(
  gcc make pkg-config libc6-dev python3
  'libcurl4-openssl-dev|libcurl4-gnutls-dev|libcurl4-nss-dev'
  libyajl-dev libpq-dev libini-config-dev libxxhash-dev libmd-dev
  zlib1g-dev libzstd-dev libmicrohttpd-dev
)
demo_packages=(postgresql nodejs node-graphql)
test_packages=(
  check clang 'libclang-rt-dev|libclang-rt-14-dev' python3-yaml
  python3-jsonschema openssl
  tinyproxy-bin
)
bench_packages=(
  nginx jq curl time strace valgrind linux-perf
  python3-aiohttp python3-asyncpg python3-psycopg python3-ujson npm
)

wanted=()
list_only=false
for word in "$@"; do
  case $word in
    build) wanted+=("${build_packages[@]}") ;;
    demo) wanted+=("${demo_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    bench) wanted+=("${bench_packages[@]}") ;;
    versions) wanted+=(npm) ;;
    --list) list_only=true ;;
    *)
      echo "usage: install-packages.sh [--list] build|demo|test|bench|versions..." >&2
      exit 64
      ;;
  esac
done

if $list_only; then
  printf '%s\n' "${wanted[@]%%|*}"
  exit 0
fi

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Is it installed, but not from a package?
is_there() {
  local paths
  case $1 in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    postgresql)
      paths=("${PG_BIN:-}"/initdb /usr/lib/postgresql/*/bin/initdb)
      [ -x "${paths[0]}" ] || [ -x "${paths[1]}" ]
      ;;
    *) return 1 ;;
  esac
}

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian. bulkpg needs these packages, or their equivalents:"
  echo "  ${wanted[*]%%|*}"
  exit 0
fi

missing=()
for line in "${wanted[@]}"; do
  found=false
  IFS='|' read -ra names <<<"$line"
  for name in "${names[@]}"; do
    if is_installed "$name" || is_there "$name"; then
      found=true
    fi
  done
  $found || missing+=("${names[0]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "These packages are missing; please install them, then try again:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 69
  fi
  as_root=(sudo -n)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

run_apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 </dev/null || {
    tail -n 15 "$log" >&2
    echo "apt-get $1 failed" >&2
    exit 69
  }
}

echo "Installing: ${missing[*]}" | fold -s -w 76
run_apt update
run_apt install -y --no-install-recommends "${missing[@]}"
