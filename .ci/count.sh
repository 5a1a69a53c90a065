# For .ci/run: runs tiers of tests and other commands, adds up what they count, and tells at the end what failed.
notes=$(mktemp -d)
trap 'rm -rf "$notes"' EXIT
passed=0 failed=0
: > "$notes/failed" && : > "$notes/unsteady"

# Runs a tier, or some of its files, within a limit; its counts and its failures are in the notes afterwards.
tier() {
  local limit=$1
  shift
  rm -f "$notes/counts" && : > "$notes/failures"
  LAB_TEST_SUMMARY=$notes/counts LAB_TEST_FAILURES=$notes/failures LAB_TEST_DURATIONS=$notes/durations \
    timeout --signal=TERM --kill-after=30 "$limit" "$@"
}

# A tier of which no more than three files failed has those run again, by themselves: what passes then is told as
# unsteady at the end, and is to be mended all the same. Everything that fails twice, or without a file, fails.
counted() {
  local limit=$1 code count files word again=() began=$SECONDS
  shift
  tier "$limit" "$@"
  code=$?
  spent "$((SECONDS - began))"
  count=$(jq -s 'map(.passed) | add // 0' "$notes/counts" 2> /dev/null) && passed=$((passed + ${count:-0}))
  if [ "$code" -eq 0 ] && [ -e "$notes/counts" ]; then return; fi
  count=$(jq -s 'map(.failed) | add // 0' "$notes/counts" 2> /dev/null)
  mapfile -t files < <(jq -r .file "$notes/failures" | sort -u)
  if [ "$code" -lt 124 ] && [ "${#files[@]}" -gt 0 ] && [ "${#files[@]}" -le 3 ] && [ -n "${files[0]}" ]; then
    cp "$notes/failures" "$notes/first"
    for word in "$@"; do
      [ "$word" = -- ] && break
      again+=("$word")
    done
    if tier "$(left 300)" "${again[@]}" -- "${files[@]}"; then
      passed=$((passed + count))
      cat "$notes/first" >> "$notes/unsteady"
      return
    fi
  fi
  failed=$((failed + (${count:-0} > 0 ? count : 1)))
  cat "$notes/failures" >> "$notes/failed"
  if [ ! -s "$notes/failures" ]; then jq -n --arg title "$*: exit $code" '{$title}' >> "$notes/failed"; fi
}

# Seconds, no more than asked for, that are left of what this run may take.
left() {
  local rest=$((85 * 60 - SECONDS))
  echo $((rest < 1 ? 1 : rest < $1 ? rest : $1))
}

# How long a tier took, and the files that most of it went to.
spent() {
  printf '%s s; seconds of the slowest files:\n' "$1"
  jq -r 'to_entries[:12][] | "  \(.value | round) \(.key)"' "$notes/durations" 2> /dev/null
  rm -f "$notes/durations"
}

# What is known of failures: title, file, and the first lines of the error.
told() {
  jq -r '"\n\(.title)\n  \(.file // "")\n" + ((.error // "") | split("\n")[:25] | map("  " + .) | join("\n"))' "$1"
}

# A command that counts nothing: it is one test.
judged() {
  local limit=$1
  shift
  if timeout --signal=TERM --kill-after=30 "$limit" "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    jq -n --arg title "$*" '{$title}' >> "$notes/failed"
  fi
}

# The last words, and whether all is well.
ended() {
  if [ -s "$notes/unsteady" ]; then
    printf '\nUnsteady: failed among others, and passed when run again\n' && told "$notes/unsteady"
  fi
  if [ -s "$notes/failed" ]; then printf '\nFailed\n' && told "$notes/failed"; fi
  printf '\nTook %d s\n' "$SECONDS"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
