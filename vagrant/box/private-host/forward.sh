# Sourced: how signals reach a command through unshare and nsenter, which hand none on.
#
# Outside, `forward_to_child_of` turns SIGINT into SIGUSR1 and the others into SIGUSR2 for the shell inside. There,
# `run_command` turns them back. A shell cannot trap what was ignored when it began, as SIGINT is for a command in the
# background; so it is started by `env --default-signal`. A terminal tells all processes of its foreground group by
# itself; the shell inside sees that, and does not interrupt the command a second time.

child_of() { ps -o pid= --ppid "$1" | awk 'NR == 1 { print $1 }'; }

# Waits for a process whatever signals come meanwhile; sets code. Every trap sets woken: only then did `wait` perhaps
# return too early, and a second one that knows nothing of the process (127) says that the first one did not.
await() {
  code=
  while :; do
    woken=
    ended=0
    wait "$1" || ended=$?
    [ "$ended" -ne 127 ] || [ -z "$code" ] || return 0
    code=$ended
    [ -n "$woken" ] || return 0
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
  woken=1
  receiver=$(child_of "$carrier")
  [ -z "$receiver" ] || kill -s "$1" "$receiver" 2>/dev/null || true
}

# Runs a command with the shell's stdin and default signal handling; sets code. 3<&0 must be open. What comes before the
# command is there is kept for it.
run_command() {
  told= early= command=
  trap 'woken=1 told=1; [ -n "$command" ] || early=INT' INT
  trap 'woken=1; [ -n "$told" ] || pass INT; told=' USR1
  trap 'woken=1; pass TERM' USR2 TERM HUP
  env --default-signal=INT,QUIT,TERM,HUP -- "$@" <&3 3<&- &
  command=$!
  [ -z "$early" ] || pass "$early"
  await "$command"
}

pass() {
  if [ -n "$command" ]; then kill -s "$1" "$command" 2>/dev/null || true; else early=$1; fi
}
