#!/usr/bin/env bash
# Builds images from nothing but this machine: no registry is asked.
#
#   deploy/docker/build.sh [TAG]            Strata's image (strata:dev): the binary, the shared libraries it names, CA certificates
#   deploy/docker/build.sh --minio [TAG]    MinIO's image (strata-minio:dev), for tests
#
# The binary is built first, as it is handed out (profile dist); $STRATA names one that is used as it is.
set -euo pipefail
named_strata=${STRATA:-}
source "$(dirname "${BASH_SOURCE[0]}")/../../tests/setup/common.sh"
cd "$ROOT"

stage=$(mktemp -d -t strata-image-XXXXXX)
trap 'rm -rf "$stage"' EXIT

# put FILE [TARGET]: into the image, links followed.
put() {
    local target=$stage/image${2:-$1}
    mkdir -p "$(dirname "$target")"
    cp -L "$1" "$target"
}

# put_stripped FILE TARGET SYMBOLS: into the image without symbols, a third of its size. They stay in the file SYMBOLS, which
# debuggers and profilers find by its name if it lies beside the binary.
put_stripped() {
    need_apt objcopy binutils
    put "$1" "$2"
    objcopy --only-keep-debug "$1" "$3"
    objcopy --strip-all --add-gnu-debuglink="$3" "$stage/image$2"
    say "stripped $(basename "$1"), $(stat -c %s "$stage/image$2" | awk '{printf "%.0f MB", $1 / 1e6}'); its symbols are $3"
}

certificates() {
    local bundle
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
        [ -f "$bundle" ] && put "$bundle" /etc/ssl/certs/ca-certificates.crt && return
    done
    say "no CA certificates were found: the image will not trust any HTTPS store"
}

# The loader and every library that a binary names, at the places where its loader looks.
libraries() {
    local library
    # A static binary has none; ldd says so with an error.
    for library in $({ ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*'); do
        put "$library"
    done
    # glibc loads these by name when it resolves host names.
    for library in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
        for folder in /lib/*-linux-gnu /lib64; do
            if [ -e "$folder/$library" ]; then put "$folder/$library"; fi
        done
    done
    mkdir -p "$stage/image/etc"
    printf 'hosts: files dns\n' >"$stage/image/etc/nsswitch.conf"
}

build() {
    mkdir -p "$stage/image/tmp" "$stage/image/data"
    chmod 1777 "$stage/image/tmp"
    chmod 0777 "$stage/image/data"
    cp "$ROOT/deploy/docker/$1" "$stage/Dockerfile"
    DOCKER_BUILDKIT=0 docker build --quiet --tag "$2" "$stage" >/dev/null
    say "built $2, $(docker image inspect --format '{{.Size}}' "$2" | awk '{printf "%.0f MB", $1 / 1e6}')"
}

need_docker
if [ "${1:-}" = --minio ]; then
    need_minio
    put "$TOOLS/bin/minio" /minio
    certificates
    build Dockerfile.minio "${2:-strata-minio:dev}"
else
    STRATA=${named_strata:-$TARGET/dist/strata}
    [ -n "$named_strata" ] || need_dist
    # Beside the binary, if it is one of ours.
    case $(realpath "$STRATA") in
        "$TARGET"/*) symbols=$STRATA.debug ;;
        *) symbols=$TARGET/strata.debug ;;
    esac
    put_stripped "$STRATA" /usr/bin/strata "$symbols"
    libraries "$STRATA"
    certificates
    printf 'strata:x:1000:1000::/data:/nonexistent\n' >"$stage/image/etc/passwd"
    build Dockerfile "${1:-strata:dev}"
fi
