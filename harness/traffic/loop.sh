# The loop that runs in a client pod: plain POSIX sh and curl, no file written, no privileges.
# Comments and indentation are removed before it is sent (loop.ts), because a command travels in a URL.
#
# Arguments: mark mode requests most rate inflight bytes url, then curl's own arguments.
#   mark      begins each line of ours, so that no body can be taken for one
#   mode      sequential | paced
#   most      sequential: most requests that one curl process makes
#   rate      paced: launches per 1000 seconds
#   inflight  paced: most calls under way at once
#   bytes     paced: longest line, at most PIPE_BUF so that concurrent lines cannot mix
# Standard input: "ping N" is answered while the clocks are compared, "go" begins and ends, "stop" (or its end) stops.
# Times are hundredths of a second of the machine's uptime: read without a process, and never set back.
mark=$1 mode=$2 requests=$3 most=$4 rate=$5 inflight=$6 bytes=$7 url=$8
shift 8
LC_ALL=C
export LC_ALL
nl='
'
cr=$(printf '\r')
tab=$(printf '\t')
stopped=
# Background commands lose standard input, and curl must not eat it: the harness is heard on descriptor 3 only.
exec 3<&0 </dev/null

kind=uptime
[ -r /proc/uptime ] || kind=date

clock() {
  if [ "$kind" = uptime ]; then
    read -r up rest </proc/uptime
    fraction=${up#*.}
    now=$((${up%.*} * 100 + ${fraction#0}))
  else
    now=$(date +%s)00
  fi
}

# Begins with a line end, because a body before it may have none.
say() { printf '%s' "$nl$mark $*$nl"; }

handshake() {
  while read -r word number <&3; do
    case $word in
      ping) clock; say "p $number $now" ;;
      go) return ;;
    esac
  done
  # Nobody is there to stop us: no call may begin.
  exit 1
}

# One curl process: its arguments, then the URL as often as it shall be asked.
ask() {
  count=$1
  shift
  while [ "$count" -gt 0 ]; do
    set -- "$@" "$url"
    count=$((count - 1))
  done
  curl "$@" &
  child=$!
  wait "$child"
  code=$?
  # A wait that a stop has cut short: the rest of this batch gets two seconds.
  if [ -n "$stopped" ] && kill -0 "$child" 2>/dev/null; then
    { sleep 2; kill "$child"; } >/dev/null 2>&1 3<&- &
    killer=$!
    wait "$child"
    code=$?
    kill "$killer" 2>/dev/null
  fi
}

# Batches grow while they are quick and shrink while they are slow, so that a stop is soon obeyed.
sequential() {
  sent=0
  size=$most
  [ "$size" -gt 25 ] && size=25
  while [ "$sent" -lt "$requests" ] && [ -z "$stopped" ]; do
    batch=$((requests - sent))
    [ "$batch" -gt "$size" ] && batch=$size
    clock
    began=$now
    say "b $sent $batch $now"
    ask "$batch" "$@"
    clock
    say "e $sent $batch $now $code ${stopped:-0}"
    sent=$((sent + batch))
    if [ $((now - began)) -lt 25 ]; then
      size=$((size * 2))
      [ "$size" -gt "$most" ] && size=$most
    elif [ $((now - began)) -gt 100 ]; then
      size=$(((size + 1) / 2))
    fi
  done
}

# One call of a paced loop. Its record is one line, written at once.
single() {
  sequence=$1
  shift
  clock
  began=$now
  answer=$(curl "$@" "$url")
  clock
  # Shells are slow at long texts: of such a body only the end is kept, which is curl's record.
  [ ${#answer} -gt 65536 ] && answer=$nl$(printf '%s' "$answer" | tail -n 1)
  record=${answer##*"$nl"}
  body=${answer%"$nl"*}
  set -f
  IFS=$nl$cr
  # Splitting at line ends is wanted: the body becomes one line.
  # shellcheck disable=SC2086
  set -- $body
  IFS=' '
  line=$(printf "%.${bytes}s" "$mark a $sequence $began $now ${record#* r }$tab$*")
  printf '%s' "$line$nl"
}

paced() {
  sent=0
  flying=0
  children=
  clock
  start=$now
  while [ "$sent" -lt "$requests" ] && [ -z "$stopped" ]; do
    single "$sent" "$@" 3<&- &
    children="$children$! "
    sent=$((sent + 1))
    flying=$((flying + 1))
    if [ "$flying" -gt "$inflight" ]; then
      settle "${children%% *}"
      children=${children#* }
      flying=$((flying - 1))
    fi
    pause
  done
  for child in $children; do settle "$child"; done
}

# A wait that a stop cuts short returns more than 128: once more.
settle() {
  wait "$1"
  [ $? -gt 128 ] && wait "$1"
}

# Until the next launch is due by the schedule, whatever the last one took. After a pause of the machine: a new schedule.
pause() {
  left=$((100000 / rate))
  if [ "$kind" = uptime ]; then
    clock
    left=$((start + sent * 100000 / rate - now))
    [ "$left" -lt -100 ] && start=$((start - left))
  fi
  [ "$left" -gt 0 ] && sleep "$((left / 100)).$((left % 100 / 10))$((left % 10))"
}

version=$(curl -q -V 2>/dev/null)
say "h $kind ${version%%"$nl"*}"
[ -n "$version" ] || exit 127
handshake
# Only once: a stop said again must not cut short the waiting for calls under way.
trap 'stopped=1; trap "" USR1' USR1
{ while read -r word; do [ "$word" = stop ] && kill -USR1 $$; done; kill -USR1 $$; } <&3 >/dev/null 2>&1 &
listener=$!
"$mode" "$@"
trap '' USR1
kill "$listener" 2>/dev/null
wait "$listener" 2>/dev/null
say "z $sent ${stopped:-0}"
handshake
exit 0
