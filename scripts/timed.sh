#!/usr/bin/env bash
# Makes each target in turn, and at the end prints how long each took by the clock
# and by the processors: two of them can spend twice the time that the clock shows.
set -uo pipefail
cd "$(dirname "$0")/.."

report=''
row() { report+=$(printf '%-16s %8.0f s %8.0f s' "$@")$'\n'; }
status=0
passed=0
processors=0
for target in "$@"; do
  # `time` writes to this shell's standard error, the target to that of the script.
  { figures=$({ TIMEFORMAT='%R %U %S'; time make --no-print-directory "$target" >&3 2>&4; } 2>&1) || status=$?; } 3>&1 4>&2
  read -r real user system <<<"$figures"
  worked=$(awk -v u="$user" -v s="$system" 'BEGIN { print u + s }')
  passed=$(awk -v a="$passed" -v b="$real" 'BEGIN { print a + b }')
  processors=$(awk -v a="$processors" -v b="$worked" 'BEGIN { print a + b }')
  row "$target" "$real" "$worked"
  [ "$status" = 0 ] || break
done
row total "$passed" "$processors"
printf '\n%-16s %10s %10s\n%s' part time processors "$report"
exit "$status"
