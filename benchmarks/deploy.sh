#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Measures hot deployment on the assembled distribution: benchmarks/deploy.sh [times]. BUILD=never takes what is built.
set -eu
cd "$(dirname "$0")/.."
if [ "${BUILD:-}" != never ]; then
    mvn -q -DskipTests -Ddistribution.archive.skip=true package -pl distribution,benchmarks -am >&2
fi
java=${JAVA_HOME:+$JAVA_HOME/bin/java}
for jdk in /usr/lib/jvm/*25*; do
    [ -n "$java" ] || { [ -x "$jdk/bin/java" ] && java=$jdk/bin/java; }
done
read -r name <distribution/target/assembled
work=$(mktemp -d "$PWD/benchmarks/target/deploy-XXXXXX")
exec "${java:-java}" -cp "benchmarks/target/classes:benchmarks/target/lib/*" \
    org.hookline.benchmarks.deploy.DeployLatency "$PWD/distribution/target/$name" "$work" "${1:-50}"
