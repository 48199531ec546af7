#!/usr/bin/env bash
# Our messages against Apache Kafka's: the definitions in its jars, and bytes, in both directions.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
need_kafka_jars
need_java_classes
need_strata

say "comparing our schemas with the definitions of Apache Kafka $KAFKA_VERSION"
"$TARGET/release/strata-codegen" compare \
    "$JARS/kafka-clients-$KAFKA_VERSION.jar" \
    "$JARS/kafka-group-coordinator-$KAFKA_VERSION.jar" \
    "$JARS/kafka-transaction-coordinator-$KAFKA_VERSION.jar"

vectors=$(mktemp -d -t strata-vectors-XXXXXX)
trap 'rm -rf "$vectors"' EXIT
kafka() { java -Xmx512m -cp "$JAVA_CLASSES:$JARS/*" io.strata.tests.Vectors "$@"; }
ours() { "$TARGET/release/vectors" "$@"; }

say "bytes that Kafka's code wrote, read and written again by ours"
kafka write "$vectors/kafka"
ours check "$vectors/kafka" "$vectors/ours"
say "what ours wrote, read and written again by Kafka's code"
kafka check "$vectors/ours"
