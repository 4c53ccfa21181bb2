/** Each script asks `gitkube __complete` for every word, so it never grows old. */
const bash = `# gitkube completion bash
_gitkube() {
  local words=() n=-1 i word blank rest=$COMP_LINE
  # "=" and ":" end a word for bash, not for gitkube: what no blank parts is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -z $word ]]; then
      [[ $rest == [[:space:]]* ]] && words[++n]=
      continue
    fi
    blank=\${rest%%"$word"*}
    rest=\${rest#*"$word"}
    if [[ n -ge 0 && -z $blank ]]; then words[n]+=$word; else words[++n]=$word; fi
  done
  local current=\${words[n]} typed=\${COMP_WORDS[COMP_CWORD]} answer value
  [[ $typed == [=:] ]] && typed=
  answer=$("\${words[0]}" __complete "\${words[@]:1:n}" 2>/dev/null) || return
  [[ \${answer##*$'\\n'} == :4 ]] && compopt +o default 2>/dev/null
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    [[ $value == :[04] ]] || COMPREPLY+=("\${value#"\${current%"$typed"}"}")
  done <<<"$answer"
}
complete -o default -F _gitkube gitkube
`;

const zsh = `#compdef gitkube
_gitkube() {
  local answer line
  local -a lines candidates
  answer=$("\${(Q)words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null) || return 1
  lines=("\${(@f)answer}")
  if [[ \${lines[-1]} == :0 ]]; then
    compset -P '*='
    _files
    return
  fi
  for line in "\${(@)lines[1,-2]}"; do
    # A colon parts a candidate from what it is about.
    if [[ $line == *$'\\t'* ]]; then
      candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      candidates+=("\${line//:/\\\\:}")
    fi
  done
  _describe gitkube candidates
}
if [[ \${funcstack[1]} == _gitkube ]]; then _gitkube "$@"; else compdef _gitkube gitkube; fi
`;

const fish = `# gitkube completion fish
function __gitkube_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l answer ($words[1] __complete $words[2..] "$current" 2>/dev/null)
    if test "$answer[-1]" = :0
        __fish_complete_path "$current"
        return
    end
    test (count $answer) -gt 1; and printf '%s\\n' $answer[1..-2]
end
complete --command gitkube --no-files --arguments '(__gitkube_complete)'
`;

export const shells = { bash, zsh, fish } as const;
export type Shell = keyof typeof shells;
