#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# On a machine with a GPU: tries each switch of a run file that is for GPUs, and measures against PyTorch for Python; what
# it finds goes to benchmarks/results/gpu.md.
#
#   benchmarks/gpu.sh [quick|full] [WORK...]
#
# HOOKLINE_TORCH_HOME is a libtorch 2.7.1 for CUDA 12.8 (docs/gpu-server.md). PYTHON is a Python with torch, python3 without
# it; where that has none, PyTorch is left out. DEVICE=cpu goes through all of it on a CPU, to try the script.
# BUILD=never takes what is built.
set -eu
cd "$(dirname "$0")/.."
here=benchmarks
fail() { printf 'gpu.sh: %s\n' "$1" >&2 && exit 2; }

rounds=full
case ${1:-} in
    quick | full) rounds=$1 && shift ;;
esac
device=${DEVICE:-gpu:0}
if [ "$device" = cpu ]; then
    gpu="no GPU: a trial of the script on a CPU"
    native=$PWD/natives/target/cpu flavor=cpu precision=fp32
else
    gpu=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null) || gpu=
    [ -n "$gpu" ] || fail "needs a GPU: nvidia-smi finds none"
    [ -n "${HOOKLINE_TORCH_HOME:-}" ] || fail "set HOOKLINE_TORCH_HOME to a libtorch 2.7.1 for CUDA 12.8 (docs/gpu-server.md)"
    native=$HOOKLINE_TORCH_HOME flavor=cu128 precision=bf16
    [ ! -d "$native/lib" ] || native=$native/lib
    [ -f "$native/libtorch_cuda.so" ] || fail "$HOOKLINE_TORCH_HOME has no libtorch for CUDA: there is no libtorch_cuda.so in it"
fi
if [ "${BUILD:-}" != never ]; then
    mvn -q -DskipTests -Ddistribution.archive.skip=true package -pl distribution,benchmarks -am >&2
fi
[ -d /usr/share/datasets/fashion-mnist ] || fail "needs Fashion-MNIST: apt-get install dataset-fashion-mnist"
hookline=$PWD/distribution/target/hookline-0.1.0/bin/hookline
work=$(mktemp -d "$PWD/$here/target/gpu-XXXXXX")
mkdir -p $here/results

"$hookline" doctor

# try NAME KEY=VALUE...: trains the digits so; the run's last score, or why there is none
try() {
    name=$1 && shift
    if (cd "$work" && CUBLAS_WORKSPACE_CONFIG=:4096:8 "$hookline" train "$OLDPWD/runs/$file" name="$name" \
        "device=$device" train.epochs=3 "$@" >"$name.log" 2>&1); then
        score=$(sed -n 's/^test *//p' "$work/$name.log" | tail -1)
    else
        score="**failed**: $(grep -v '^WARN' "$work/$name.log" | tail -1)"
    fi
    printf '| %s | `%s` | %s |\n' "$file" "${*:-none}" "$score"
}

{
    printf '## On a GPU\n\n%s, %s.\n\n' "$gpu" "$(date -u +%Y-%m-%d)"
    printf 'Three epochs of the digits with each switch:\n\n'
    printf '| run | switches | score |\n| --- | --- | --- |\n'
    file=digits-lenet.yaml
    try plain
    try tf32 tf32=true
    try benchmark cudnn_benchmark=true
    try last channels_last=true
    try bf16 precision=bf16
    try fp16 precision=fp16
    try all precision=bf16 channels_last=true cudnn_benchmark=true
    file=digits.yaml
    try once deterministic=true
    try twice deterministic=true
    newest() { find "$work/output/$1/latest/checkpoints/" -name model.safetensors | sort | tail -1; }
    if cmp -s "$(newest once)" "$(newest twice)"; then same=equal; else same=different; fi
    printf '\nThe weights of two runs with `deterministic` are %s, byte for byte.\n\n' "$same"
} >"$work/gpu.md"
cat "$work/gpu.md"

python=${PYTHON:-python3}
python=$(command -v "$python" || :)
if [ -z "$python" ] || ! "$python" -c 'import torch' 2>/dev/null; then
    echo "PyTorch is left out: ${PYTHON:-python3} has no torch; PYTHON names another" >&2
    python=
fi
java=${JAVA_HOME:+$JAVA_HOME/bin/java}
for jdk in /usr/lib/jvm/*25*; do
    [ -n "$java" ] || { [ -x "$jdk/bin/java" ] && java=$jdk/bin/java; }
done
export PYTORCH_LIBRARY_PATH="$native" PYTORCH_FLAVOR=$flavor PYTORCH_VERSION=2.7.1
export DJL_OFFLINE=true OPT_OUT_TRACKING=true DJL_CACHE_DIR="$PWD/$here/target/djl"
for one in ${*:-mlp deep lenet resnet}; do
    "${java:-java}" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseParallelGC \
        -Djna.boot.library.path="$PWD/natives/target/cpu" -cp "$here/target/classes:$here/target/lib/*" \
        org.hookline.benchmarks.GpuTable "$rounds" "$device" $precision "$python" "$one" >"$work/$one.md"
    cat "$work/$one.md"
    cat "$work/$one.md" >>"$work/gpu.md"
done
if [ "$device" = cpu ]; then
    echo "A trial: $work/gpu.md is not kept as a result." >&2
else
    mv "$work/gpu.md" $here/results/gpu.md
    # Without a section to measure run.sh puts the results together.
    BUILD=never $here/run.sh quick none
fi
