# Sourced: how signals reach a command through unshare and nsenter, which hand none on.
#
# Outside, `forward_to_child_of` turns SIGINT into SIGUSR1 and the others into SIGUSR2 for the shell inside. There,
# `run_command` turns them back. A terminal tells all processes of its foreground group by itself; the shell inside
# sees that, and does not interrupt the command a second time.

child_of() { ps -o pid= --ppid "$1" | awk 'NR == 1 { print $1 }'; }

# Waits for a process whatever signals come meanwhile; sets code. `kill -0` finds it as long as it was not waited for.
await() {
  while :; do
    code=0
    wait "$1" || code=$?
    kill -0 "$1" 2>/dev/null || break
  done
}

forward_to_child_of() {
  carrier=$1
  trap 'tell USR1' INT
  trap 'tell USR2' TERM HUP
  await "$carrier"
  trap - INT TERM HUP
}

tell() {
  receiver=$(child_of "$carrier")
  [ -z "$receiver" ] || kill -s "$1" "$receiver" 2>/dev/null || true
}

# Runs a command with the shell's stdin and default signal handling; sets code. 3<&0 must be open.
run_command() {
  told=
  env --default-signal=INT,QUIT,TERM,HUP -- "$@" <&3 3<&- &
  command=$!
  trap 'told=1' INT
  trap '[ -n "$told" ] || kill -s INT "$command" 2>/dev/null || true; told=' USR1
  trap 'kill -s TERM "$command" 2>/dev/null || true' USR2 TERM HUP
  await "$command"
}
