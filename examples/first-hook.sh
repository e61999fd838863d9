#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The commands of docs/writing-a-hook.md, "From nothing to a hook in a run that goes on", one after the other, with the
# time that each takes. In a temporary folder, with deploy/ and logs/ there.
#
#   examples/first-hook.sh [folder of the distribution] [further options of mvn]
set -euo pipefail

home=${1:-$(cd "$(dirname "$0")/.." && pwd)/distribution/target/hookline-0.1.0}
shift || true
work=$(mktemp -d)
export HOOKLINE_DATA=$work/user
cd "$work"

seconds() {
    date +%s.%N
}

# timed <words>: runs them and says how long they took
timed() {
    local start
    start=$(seconds)
    "$@" >>"$work/out.log" 2>&1 || { cat "$work/out.log"; exit 1; }
    printf '%6.2f s  %s\n' "$(echo "$(seconds) - $start" | bc)" "${*/#"$home/bin/"/}"
}

# appears <text> <file>: waits for it
appears() {
    for ((i = 0; i < 6000; i++)); do
        grep -qsF -- "$1" "$2" && return
        sleep 0.01
    done
    echo "never seen in $2: $1" >&2
    exit 1
}

run=0
finish() {
    [ "$run" = 0 ] || kill -TERM "$run" 2>/dev/null || true
    wait || true
    rm -rf "$work"
}
trap finish EXIT

begin=$(seconds)
timed "$home/bin/hookline" new-hook MyHook
cd my-hook
timed mvn -q "$@" package
start=$(seconds)
"$home/bin/hookline" train train.epochs=1000000 name=live >"$work/train.log" 2>&1 &
run=$!
appears '"event":"evaluation"' output/live/latest/events.jsonl
printf '%6.2f s  hookline train, to the end of its first epoch\n' "$(echo "$(seconds) - $start" | bc)"
start=$(seconds)
timed cp target/my-hook-1.0.0.jar "$HOOKLINE_DATA/deploy/"
appears ': + MyHook 1.0.0' "$work/train.log"
printf '%6.2f s  to the iteration that calls the hook\n' "$(echo "$(seconds) - $start" | bc)"
printf '%6.2f s  all of it, in 5 commands with cd\n' "$(echo "$(seconds) - $begin" | bc)"
grep -a ': + MyHook' "$work/train.log"
