# What the parts of tests/run need from outside, installed where it is missing. Sourced by tests/run and tests/demo.
# Every `need_…` function is idempotent, says what it does, and ends with a clear message if it cannot.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Shared by all checkouts of a user; may be removed at any time.
TOOLS=${STRATA_TOOLS:-$HOME/.cache/strata-tools}
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
# A binary named from outside is used as it is; the parts of tests/run build their own.
STRATA=${STRATA:-$TARGET/release/strata}
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
FAKE_GCS_VERSION=v1.56.1
AZURITE_VERSION=3.35.0
CARGO_DENY_VERSION=0.20.2
CARGO_MUTANTS_VERSION=27.1.0
GARAGE_VERSION=2.5.0
KAFKA_VERSION=4.3.1
mkdir -p "$TOOLS/bin"
export PATH="$TOOLS/bin:$PATH"

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'tests: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# need_apt COMMAND PACKAGE...
need_apt() {
    local command=$1
    shift
    have "$command" && return
    [ "$(id -u)" = 0 ] || die "'$command' is missing and only root can install it: apt-get install $*"
    have apt-get || die "'$command' is missing: install it (on Debian: $*)"
    say "installing $*"
    apt-get update -qq || say "the package lists could not be refreshed; the old ones are used"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$TOOLS/apt.log" 2>&1 ||
        die "installing $* failed: see $TOOLS/apt.log"
}

need_cargo_deny() {
    [ -x "$TOOLS/bin/cargo-deny" ] && return
    say "building cargo-deny $CARGO_DENY_VERSION (some minutes, once)"
    cargo install --quiet --locked --root "$TOOLS" "cargo-deny@$CARGO_DENY_VERSION" ||
        die "cargo-deny could not be built"
}

# Built without optimisation: it waits for compilers most of the time.
need_cargo_mutants() {
    [ -x "$TOOLS/bin/cargo-mutants" ] && return
    say "building cargo-mutants $CARGO_MUTANTS_VERSION (some minutes, once)"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 nice -n 5 cargo install --quiet --locked --root "$TOOLS" "cargo-mutants@$CARGO_MUTANTS_VERSION" ||
        die "cargo-mutants could not be built"
}

need_minio() {
    [ -x "$TOOLS/bin/minio" ] && return
    have go || need_apt go golang
    say "building MinIO from its Go module (some minutes, once)"
    GOBIN=$TOOLS/bin CGO_ENABLED=0 go install "github.com/minio/minio@$MINIO_VERSION" >"$TOOLS/minio-build.log" 2>&1 ||
        die "MinIO could not be built: see $TOOLS/minio-build.log"
}

# An S3 store that takes no notice of preconditions. Run as a process, never linked (AGPL). Built without optimisation: it
# serves a handful of requests.
need_garage() {
    [ -x "$TOOLS/bin/garage" ] && return
    say "building Garage $GARAGE_VERSION (some minutes, once)"
    cargo install --quiet --locked --debug --root "$TOOLS" "garage@$GARAGE_VERSION" --no-default-features \
        --features bundled-libs,sqlite >"$TOOLS/garage-build.log" 2>&1 ||
        die "Garage could not be built: see $TOOLS/garage-build.log"
}

# An emulator of Google Cloud Storage.
need_fake_gcs() {
    [ -x "$TOOLS/bin/fake-gcs-server" ] && return
    have go || need_apt go golang
    say "building fake-gcs-server from its Go module (once)"
    GOBIN=$TOOLS/bin CGO_ENABLED=0 go install "github.com/fsouza/fake-gcs-server@$FAKE_GCS_VERSION" >"$TOOLS/fake-gcs-build.log" 2>&1 ||
        die "fake-gcs-server could not be built: see $TOOLS/fake-gcs-build.log"
}

# An emulator of Azure Blob Storage, in $AZURITE.
need_azurite() {
    AZURITE=$TOOLS/azurite-$AZURITE_VERSION/node_modules/azurite/dist/src/blob/main.js
    [ -f "$AZURITE" ] && return
    have npm || need_apt npm nodejs npm
    say "installing Azurite from npm"
    npm install --prefix "$TOOLS/azurite-$AZURITE_VERSION" --no-audit --no-fund --silent "azurite@$AZURITE_VERSION" >"$TOOLS/azurite.log" 2>&1 ||
        die "Azurite could not be installed: see $TOOLS/azurite.log"
}

need_java() {
    have javac || need_apt javac default-jdk-headless
    have mvn || need_apt mvn maven
}

# Kafka's jars and our small Java programs, in $TOOLS/java-$KAFKA_VERSION.
need_kafka_jars() {
    need_java
    JARS=$TOOLS/java-$KAFKA_VERSION
    local stamp=$JARS/.pom
    cmp -s "$stamp" "$ROOT/tests/java/pom.xml" && return
    say "fetching Apache Kafka $KAFKA_VERSION's jars from Maven Central"
    rm -rf "$JARS"
    mkdir -p "$JARS"
    (cd "$ROOT/tests/java" && mvn -q -B dependency:copy-dependencies -DoutputDirectory="$JARS") >"$TOOLS/maven.log" 2>&1 ||
        die "the jars could not be fetched: see $TOOLS/maven.log"
    cp "$ROOT/tests/java/pom.xml" "$stamp"
}

# Our small Java programs, in $JAVA_CLASSES.
need_java_classes() {
    need_kafka_jars
    JAVA_CLASSES=$TOOLS/java-build/classes
    local stamp=$TOOLS/java-build/.sources now
    now=$(cat "$ROOT/tests/java/pom.xml" "$ROOT"/tests/java/src/main/java/io/strata/tests/*.java | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
    say "compiling tests/java with Maven"
    (cd "$ROOT/tests/java" && { mvn -q -B -o compiler:compile -Dbuild.output="$TOOLS/java-build" || mvn -q -B compiler:compile -Dbuild.output="$TOOLS/java-build"; }) >"$TOOLS/maven.log" 2>&1 ||
        die "tests/java could not be compiled: see $TOOLS/maven.log"
    printf '%s' "$now" >"$stamp"
}

# A Python environment with the clients, in $TOOLS/python.
need_python() {
    have python3 || need_apt python3 python3 python3-venv
    local stamp=$TOOLS/python/.requirements
    PYTHON=$TOOLS/python/bin/python
    cmp -s "$stamp" "$ROOT/tests/setup/requirements.txt" && return
    say "installing the Python clients"
    rm -rf "$TOOLS/python"
    python3 -m venv "$TOOLS/python" || die "python3 has no venv: apt-get install python3-venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$ROOT/tests/setup/requirements.txt" ||
        die "the Python clients could not be installed"
    cp "$ROOT/tests/setup/requirements.txt" "$stamp"
}

need_kcat() { need_apt kcat kcat; }

# A running Docker engine; started here if none answers.
need_docker() {
    docker info >/dev/null 2>&1 && return
    [ "$(id -u)" = 0 ] || die "no Docker engine answers and only root can start one: start docker, or run as root"
    [ -x /usr/sbin/dockerd ] || have dockerd || need_apt dockerd docker.io iptables
    say "starting the Docker engine"
    setsid nohup dockerd --storage-driver=overlay2 >"$TOOLS/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 1 100); do
        docker info >/dev/null 2>&1 && return
        sleep 0.2
    done
    die "the Docker engine did not start: see $TOOLS/dockerd.log"
}

# The broker's binary and our tools, from the profile of all tests. All packages together, so that every part shares one set of
# features and nothing is built twice.
need_strata() {
    cargo build --release --quiet --locked --workspace --bins --manifest-path "$ROOT/Cargo.toml" ||
        die "the broker could not be built"
}

# The broker's binary as it is handed out, at $TARGET/dist/strata.
need_dist() {
    say "building the broker as it is handed out (fifteen minutes from nothing, five after a change)"
    cargo build --profile dist --quiet --locked --workspace --bin strata --manifest-path "$ROOT/Cargo.toml" ||
        die "the broker could not be built"
}
