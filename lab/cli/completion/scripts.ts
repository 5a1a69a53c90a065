import { quoteWord } from '../../quote-word.js';
import type { Shell } from '../manual/keep.js';

/** The script that makes a shell ask `program` how a line that begins with `lab` or `npx lab` may go on. */
export function completionScript(shell: Shell, program: readonly string[]): string {
  const words = program.map(quoteWord).join(' ');
  return { bash, zsh, fish }[shell](`${words} __complete`);
}

/**
 * bash divides words at `=` and `:` too, and replaces only what stands behind the last of them. Files are left to
 * readline, which knows of quotes and tildes.
 */
const bash = (ask: string): string => `# Completion of lab for bash, made by \`npx lab completion bash\`.
_lab_complete() {
  local line="\${COMP_LINE:0:COMP_POINT}" word meaning current kept=''
  local -a words
  read -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  if [[ \${words[0]##*/} == npx ]]; then
    if [[ \${words[1]-} != lab || \${#words[@]} -lt 3 ]]; then return 0; fi
    words=("\${words[@]:1}")
  fi
  current="\${words[\${#words[@]}-1]}"
  case $current in *[=:]*) kept="\${current%"\${current##*[=:]}"}" ;; esac
  COMPREPLY=()
  while IFS=$'\\t' read -r word meaning; do
    case $word in
      :files) ;;
      :folders) compopt +o default -o plusdirs 2> /dev/null ;;
      :none) compopt +o default 2> /dev/null ;;
      *)
        COMPREPLY+=("\${word#"$kept"}")
        [[ $word == *[=/] ]] && compopt -o nospace 2> /dev/null
        ;;
    esac
  done < <(${ask} "\${words[@]:1}" 2> /dev/null)
  return 0
}
complete -o default -F _lab_complete lab
complete -p npx > /dev/null 2>&1 || complete -o default -F _lab_complete npx
`;

const zsh = (ask: string): string => `# Completion of lab for zsh, made by \`npx lab completion zsh\`.
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
_lab_complete() {
  local line word more
  local -a typed answer plain open
  typed=("\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}")
  if [[ \${typed[1]:t} == npx ]]; then
    if [[ $typed[2] != lab || $#typed -lt 3 ]]; then _default; return; fi
    shift typed
  fi
  shift typed
  answer=("\${(@f)$(${ask} "\${typed[@]}" 2> /dev/null)}")
  for line in "\${answer[@]}"; do
    word="\${line%%$'\\t'*}"
    if [[ $word == :(files|folders|none) ]]; then more=$word; continue; fi
    [[ -n $word ]] || continue
    word="\${word//:/\\\\:}"
    [[ $line == *$'\\t'* ]] && word+=":\${line#*$'\\t'}"
    if [[ $line == *[/=] ]]; then open+=("$word"); else plain+=("$word"); fi
  done
  (( $#plain )) && _describe -V lab plain
  (( $#open )) && _describe -V lab open -S ''
  [[ $more == :none ]] && return
  compset -P '*='
  if [[ $more == :folders ]]; then _files -/; else _files; fi
}
compdef _lab_complete lab
compdef _lab_complete npx
`;

const fish = (ask: string): string => `# Completion of lab for fish, made by \`npx lab completion fish\`.
function __lab_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    if string match -q -- '*npx' $typed[1]
        set -e typed[1]
    end
    set -e typed[1]
    set -l kept (string match -r -- '^--[^=]+=' $current)
    set -l path (string replace -r -- '^--[^=]+=' '' $current)
    for line in (${ask} $typed "$current" 2> /dev/null)
        switch $line
            case :files
                __fish_complete_path "$path" | string replace -r -- '^' "$kept"
            case :folders
                __fish_complete_directories "$path" '' | string replace -r -- '^' "$kept"
            case :none
            case '*'
                echo $line
        end
    end
end
function __lab_after_npx
    set -l typed (commandline -opc)
    test (count $typed) -ge 2; and test "$typed[2]" = lab
end
complete -c lab -f -a '(__lab_complete)'
complete -c npx -n __lab_after_npx -f -a '(__lab_complete)'
`;
