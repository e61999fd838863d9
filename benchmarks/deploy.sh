#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Measures hot deployment on the assembled distribution: benchmarks/deploy.sh [times]. BUILD=never takes what is built.
exec "$(dirname "$0")/run.sh" full deploy "${1:-50}"
