#!/usr/bin/env bash
set -euo pipefail
df -P "$1" | awk 'NR == 2 { printf "{\"filesystem\": \"%s\", \"free_kb\": %s, \"used\": \"%s\"}\n", $1, $4, $5 }'
