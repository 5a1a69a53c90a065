/**
 * What runs on the target, in POSIX shell: nothing is installed there, and nothing but coreutils is needed.
 * Everything that can be said with builtins is: in a slow machine each process costs ten milliseconds.
 */

/** Reads `/proc/PID/stat` of `$1` into lab_state, lab_group, lab_ticks; fails when there is no such process. */
const readStat = `
lab_stat() {
  read -r lab_line 2>/dev/null <"/proc/$1/stat" || return 1
  lab_fields \${lab_line##*) }
}
lab_fields() { lab_state=$1 lab_group=$3 lab_ticks=\${20}; }
`;

/**
 * Ends the group of the process `$1`, born at `$2`: TERM, `$3` tenths of a second, KILL. Only while its first process
 * lives, since nothing else tells whose group it is. The one who runs this may be in the group itself: `kill -0`
 * would find him.
 */
const endGroup = `
lab_end() {
  lab_stat "$1" && [ "$lab_ticks" = "$2" ] && [ "$lab_group" = "$1" ] || return 0
  read -r lab_self lab_rest </proc/self/stat
  kill -TERM -"$1"; kill -CONT -"$1"
  lab_turn=0
  while [ "$lab_turn" -lt "$3" ]; do
    lab_left=
    for lab_file in /proc/[0-9]*; do
      lab_pid=\${lab_file#/proc/}
      [ "$lab_pid" = "$lab_self" ] && continue
      lab_stat "$lab_pid" && [ "$lab_group" = "$1" ] && [ "$lab_state" != Z ] && lab_left=1 && break
    done
    [ -n "$lab_left" ] || return 0
    sleep 0.1
    lab_turn=$((lab_turn + 1))
  done
  kill -KILL -"$1"
}
`;

/** First words of each script: `$1` is a mark that tells its output from what start-up files print. */
const begin = `
lab_mark=$1; shift
exec 3<&0 </dev/null
lab_fail() { printf '\\n%s %s\\n' "$lab_mark" "$1" >&2; exit 125; }
${readStat}
lab_stat $$ || lab_fail no-linux
printf '%s\\n' "$lab_mark" >&2
`;

/**
 * Runs a command to its end: `MARK CWD INPUT-BYTES GRACE ARGV...` (`-` for none).
 *
 * - Nothing happens before a line comes in: a connection that is cut before has certainly begun nothing, so that the
 *   caller may try again.
 * - The command takes the place of the shell, so that the SSH server tells its exit code and signal apart.
 * - Somebody else reads the channel as long as the command runs. Its end means that the caller has given up or that the
 *   connection is gone, for the SSH server closes its side of both alike; then the whole group is ended. Unlike a
 *   look at the parent this costs nothing while nothing happens, and aborting needs no second channel. He is nobody's
 *   child, so that a command that waits for its children never meets him.
 * - Input comes from an unlinked file: were it the channel itself, its end would not tell these two apart.
 */
export const execScript = (exports: string): string => `${begin}
lab_cwd=$1 lab_size=$2 lab_grace=$3; shift 3
${endGroup}
[ "$lab_cwd" = - ] || cd -- "$lab_cwd" || lab_fail folder
[ "$lab_group" = $$ ] || { command -v setsid >/dev/null && set -- setsid "$@"; }
lab_born=$lab_ticks
printf '%s %s %s\\n' "$lab_mark" $$ "$lab_born"
read -r lab_go <&3 || exit 125
if [ "$lab_size" != - ]; then
  lab_input=$(mktemp) || lab_fail input
  head -c "$lab_size" <&3 >"$lab_input" || { rm -f -- "$lab_input"; lab_fail input; }
  lab_got=$(wc -c <"$lab_input")
  exec <"$lab_input"
  rm -f -- "$lab_input"
  [ "$lab_got" -eq "$lab_size" ] || exit 125
fi
( (
  trap '' HUP INT QUIT TERM
  while read -r lab_line; do :; done
  lab_end $$ "$lab_born" "$lab_grace"
) <&3 3<&- >/dev/null 2>&1 & )
exec 3<&-
trap 'printf "\\n%s %s\\n" "$lab_mark" "$?" >&2' EXIT
${exports}exec "$@"
`;

/** Ends the groups of commands that were left alone: `MARK GRACE [PID TICKS]...`. */
export const endScript = `${begin}
lab_grace=$1; shift
${endGroup}
printf '%s\\n' "$lab_mark"
while [ $# -gt 1 ]; do lab_end "$1" "$2" "$lab_grace" >/dev/null 2>&1; shift 2; done
`;

/** Sends the signal to that very process: `MARK PID TICKS SIGNAL`. */
export const killScript = `${begin}
printf '%s\\n' "$lab_mark"
lab_stat "$1" && [ "$lab_ticks" = "$2" ] && [ "$lab_state" != Z ] || exit 0
kill -s "$3" "$1" || { lab_stat "$1" && [ "$lab_ticks" = "$2" ] && exit 1; }
exit 0
`;

/** In place of the program, in a session of its own: says who it is, then becomes the program. */
const become = (exports: string): string => `${readStat}
lab_stat $$ || exit 125
printf '%s %s\\n' $$ "$lab_ticks" >"$1.new" && mv -f -- "$1.new" "$1" || exit 125
printf '%s %s %s\\n' "$2" $$ "$lab_ticks" >&3
shift 2
${exports}exec "$@" 3>&-
`;

/** The program's parent: outlives the connection, writes down how the program ended. */
const keep = `
trap : HUP INT QUIT TERM
lab_exits=$1 lab_mark=$2 lab_log=$3 lab_become=$4; shift 4
exec 3>&1 >>"$lab_log" 2>&1 </dev/null
setsid /bin/sh -c "$lab_become" lab "$lab_exits/$lab_mark" "$lab_mark" "$@" 2>&1
lab_code=$?
read -r lab_pid lab_ticks <"$lab_exits/$lab_mark" || exit 0
rm -f -- "$lab_exits/$lab_mark"
lab_signal=-
[ "$lab_code" -le 128 ] || lab_signal=$(kill -l "$lab_code")
printf '%s %s\\n' "$lab_code" "$lab_signal" >"$lab_exits/.$lab_mark" &&
  mv -f -- "$lab_exits/.$lab_mark" "$lab_exits/$lab_pid-$lab_ticks"
`;

/**
 * Starts a process that outlives the connection: `MARK CWD EXITS LOG KEEP BECOME ARGV...`. Not with `&`: a shell without
 * job control lets such a process ignore INT and QUIT, for ever. `setsid` forks by itself when it leads a group, as
 * the first process of an SSH channel does.
 */
export const startScript = `${begin}
lab_cwd=$1 lab_exits=$2 lab_log=$3 lab_keep=$4 lab_become=$5; shift 5
command -v setsid >/dev/null || lab_fail setsid
[ "$lab_cwd" = - ] || cd -- "$lab_cwd" || lab_fail folder
case $1 in
  */*) [ -x "$1" ] && [ ! -d "$1" ] || lab_fail program ;;
  *) command -v -- "$1" >/dev/null || lab_fail program ;;
esac
( umask 077; mkdir -p -- "$lab_exits" && : >>"$lab_log" ) || lab_fail log
printf '%s\\n' "$lab_mark"
read -r lab_go <&3 || exit 125
exec 3<&-
exec setsid /bin/sh -c "$lab_keep" lab "$lab_exits" "$lab_mark" "$lab_log" "$lab_become" "$@" 2>/dev/null
`;

export const keepScript = keep;
export const becomeScript = become;

/** Runs `$@` by `sh -c` with the channel as its input; for streams, which end by themselves when the channel does. */
export const streamScript = (body: string): string => `${begin}
printf '%s\\n' "$lab_mark"
exec <&3 3<&-
${body}`;
