#!/bin/sh
# Hookline against DJL's EasyTrain: benchmarks/run.sh [quick|full]. Builds what is missing and prints a table.
set -eu
cd "$(dirname "$0")/.."
[ -d benchmarks/target/lib ] || mvn -q -DskipTests package -pl benchmarks -am >&2
java=${JAVA_HOME:+$JAVA_HOME/bin/java}
for jdk in /usr/lib/jvm/*25*; do
    [ -n "$java" ] || { [ -x "$jdk/bin/java" ] && java=$jdk/bin/java; }
done
export PYTORCH_LIBRARY_PATH="$PWD/natives/target/cpu" PYTORCH_FLAVOR=cpu PYTORCH_VERSION=2.7.1
export DJL_OFFLINE=true OPT_OUT_TRACKING=true DJL_CACHE_DIR="$PWD/benchmarks/target/djl"
exec "${java:-java}" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseParallelGC \
    -Djna.boot.library.path="$PWD/natives/target/cpu" \
    -cp "benchmarks/target/classes:benchmarks/target/lib/*" org.hookline.benchmarks.VersusEasyTrain "${1:-full}"
