#!/usr/bin/env bash
# Makes the targets of each step in turn: scripts/timed.sh 'a b / c' d. The lanes of a step,
# between slashes, are made at the same time: here a and then b beside c, and d when all of them
# passed. What the first lane prints is shown as it comes; what the others print, target by
# target, when it has ended. What the lane or a step before made is not made again for a target
# that needs it. At the end prints how long each took by the clock and by the processors: two of
# them can spend twice the time that the clock shows.
set -uo pipefail
cd "$(dirname "$0")/.."

shared=$(mktemp -d)
lanes=()
trap 'rm -rf "$shared"' EXIT
trap 'stop 129' HUP # of the terminal
trap 'stop 130' INT
trap 'stop 143' TERM

# stop STATUS: ends the lanes, and shows what those beside the first had to say.
stop() {
  trap '' HUP INT TERM
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane" 2>/dev/null; done
  wait
  cat "$shared"/*.log 2>/dev/null
  exit "$1"
}

# one TARGET LANE: makes it in a lane, and adds a row to the report.
one() {
  local figures status=0 made
  read -ra made <<<"$(sed 's/^/--old-file=/' "$shared/made" "$shared/made.$2" | paste -sd ' ')"
  # `time` writes to this shell's standard error, the target to that of the script.
  { figures=$({ TIMEFORMAT='%R %U %S'; time make --no-print-directory ${made[@]+"${made[@]}"} "$1" >&3 2>&4; } 2>&1) || status=$?; } 3>&1 4>&2
  echo "$1 $figures" >>"$shared/rows"
  if [ "$status" = 0 ]; then echo "$1" >>"$shared/made.$2"; else echo "$1" >>"$shared/failed"; fi
}

# lane NUMBER TARGET...: makes targets in turn, until one fails, here or in another lane.
lane() {
  local number=$1 target
  shift
  : >"$shared/made.$number"
  for target in "$@"; do
    [ ! -e "$shared/failed" ] || return 0
    if [ "$number" = 1 ]; then
      one "$target" 1
    else
      { echo "---- $target, made beside others:"; one "$target" "$number"; echo "---- end of $target"; } >"$shared/$number.log" 2>&1
      cat "$shared/$number.log" # at once, so that it stands in one piece
      rm "$shared/$number.log"
    fi
  done
}

: >"$shared/made"
began=$EPOCHREALTIME
for step in "$@"; do
  [ ! -e "$shared/failed" ] || break
  lanes=()
  rest=$step/
  set -m # each lane is a group of processes, which can be stopped as one
  while [ -n "$rest" ]; do
    read -ra targets <<<"${rest%%/*}"
    rest=${rest#*/}
    lane $((${#lanes[@]} + 1)) "${targets[@]}" &
    lanes+=($!)
  done
  set +m
  for lane in "${lanes[@]}"; do
    wait "$lane" || echo "a lane that ended by itself" >>"$shared/failed"
  done
  cat "$shared"/made.* >>"$shared/made"
  rm "$shared"/made.*
done

printf '\n%-16s %10s %10s\n' part time processors
awk -v began="$began" -v ended="$EPOCHREALTIME" '
  { printf "%-16s %8.0f s %8.0f s\n", $1, $2, $3 + $4; processors += $3 + $4 }
  END { printf "%-16s %8.0f s %8.0f s\n", "total", ended - began, processors }' "$shared/rows"
[ ! -e "$shared/failed" ] || { echo "failed: $(paste -sd ' ' "$shared/failed")" >&2; exit 1; }
