#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Measures, and writes benchmarks/RESULTS.md from what this and earlier calls found (benchmarks/results/), on this and other
# makes of processors.
#
#   benchmarks/run.sh [quick|full] [SECTION [WORK...]]
#
# Without a section all of them, one after another. benchmarks/README.md says what each measures.
# BUILD=never takes what is built; PEERS=none leaves out what is not installed instead of installing it.
set -eu
cd "$(dirname "$0")/.."
here=benchmarks

rounds=full
case ${1:-} in
    quick | full) rounds=$1 && shift ;;
esac
known="easytrain peers choices heap denormals checkpoint memory endurance dispatch deploy start scaling"
sections=$known
[ $# -eq 0 ] || { sections=$1 && shift; }
# Only puts the results together.
[ "$sections" != none ] || sections=

java=${JAVA_HOME:+$JAVA_HOME/bin/java}
for jdk in /usr/lib/jvm/*25*; do
    [ -n "$java" ] || { [ -x "$jdk/bin/java" ] && java=$jdk/bin/java; }
done
java=${java:-java}

if [ "${BUILD:-}" != never ]; then
    mvn -q -DskipTests -Ddistribution.archive.skip=true package -pl distribution,benchmarks -am >&2
fi
if [ ! -d /usr/share/datasets/fashion-mnist ]; then
    echo "needs Fashion-MNIST: apt-get install dataset-fashion-mnist" >&2
    exit 2
fi

make=$(sed -n 's/^vendor_id.*: //p' /proc/cpuinfo | head -1)
case $make in
    AuthenticAMD) make=amd ;;
    GenuineIntel) make=intel ;;
    *) make=$(uname -m) ;;
esac
results=$here/results/$make

native=$PWD/natives/target/cpu
export PYTORCH_LIBRARY_PATH="$native" PYTORCH_FLAVOR=cpu PYTORCH_VERSION=2.7.1
# Each library chooses its kernels and threads for this processor, as by itself it would.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_WAIT_POLICY GOMP_SPINCOUNT MKL_NUM_THREADS
export DJL_OFFLINE=true OPT_OUT_TRACKING=true DJL_CACHE_DIR="$PWD/$here/target/djl"

# A heap of fixed size, touched at the start: what resident memory grows by is native.
fixed="-Xms256m -Xmx256m -XX:+AlwaysPreTouch"

# measure SECTION MAIN ARGS...: what the class prints becomes the section's table
measure() {
    section=$1 && shift
    mkdir -p "$results" $here/target/results
    # shellcheck disable=SC2086 # several words
    "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseParallelGC \
        $options -Djna.boot.library.path="$native" -cp "$here/target/classes:$here/target/lib/*" "$@" \
        >"$here/target/results/$section.md"
    mv "$here/target/results/$section.md" "$results/$section.md"
    cat "$results/$section.md"
}

for section in $sections; do
    options=
    case $section in
        easytrain) measure easytrain org.hookline.benchmarks.EasyTrainTable "$rounds" "$@" ;;
        dispatch) measure dispatch org.hookline.benchmarks.Dispatch ;;
        deploy)
            work=$(mktemp -d "$PWD/$here/target/deploy-XXXXXX")
            measure deploy org.hookline.benchmarks.deploy.DeployLatency "$PWD/distribution/target/hookline-0.1.0" "$work" "${1:-50}"
            ;;
        start) measure start org.hookline.benchmarks.Start distribution/target/hookline-0.1.0 7 ;;
        scaling) options=-Djava.awt.headless=true && measure scaling org.hookline.benchmarks.Scaling docs/img ;;
        checkpoint) measure checkpoint org.hookline.benchmarks.CheckpointStall 15 ;;
        choices) measure choices org.hookline.benchmarks.ChoiceTable "$rounds" "$@" ;;
        heap) measure heap org.hookline.benchmarks.HeapTable "$rounds" "$@" ;;
        denormals) measure denormals org.hookline.benchmarks.Denormals "$rounds" ;;
        memory) options=$fixed && measure memory org.hookline.benchmarks.Memory 1000 2000 ;;
        endurance) options=$fixed && measure endurance org.hookline.benchmarks.Memory 10000 100000 ;;
        peers)
            if [ ! -d $here/dl4j/target/lib ] && [ "${PEERS:-}" != none ]; then
                mvn -q -f $here/dl4j package >&2
            fi
            for work in ${*:-mlp deep lenet resnet lstm transformer}; do
                measure "peers-$work" org.hookline.benchmarks.PeerTable "$rounds" "$work"
            done
            ;;
        *)
            echo "section is '$section', expected one of: $known" >&2
            exit 2
            ;;
    esac
done

{
    cat <<'END'
# Results

Written by `benchmarks/run.sh`; what each section measures stands in [README.md](README.md). Each section names its machine
and its day; those measured on processors of one make stand together.
END
    [ -f $here/results/gpu.md ] || echo "There was no GPU at hand: nothing here says anything about one."
    for folder in "$here"/results/*/; do
        case $folder in
            */amd/) printf '\n# On a processor of AMD\n' ;;
            */intel/) printf '\n# On a processor of Intel\n' ;;
            *) printf '\n# On %s\n' "$(basename "$folder")" ;;
        esac
        for section in easytrain peers-mlp peers-deep peers-lenet peers-resnet peers-lstm peers-transformer \
                ${known#easytrain peers}; do
            [ ! -f "$folder/$section.md" ] || { echo && cat "$folder/$section.md"; }
        done
    done
    [ ! -f $here/results/gpu.md ] || { printf '\n# On a GPU\n\n' && cat $here/results/gpu.md; }
} >$here/RESULTS.md
