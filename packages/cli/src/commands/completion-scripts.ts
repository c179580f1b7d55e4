/** Each asks `orkit __complete` and shows what it says: one word a line, then a tab and what it means. */

const bins = ['orkit', 'orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']

const bash = `# bash completion of orkit: source <(orkit completion bash)
_orkit() {
  local IFS=$' \\t\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") name=\${COMP_WORDS[0]##*/}
  [[ $name == orkit ]] || words=("$name" "\${words[@]}")
  COMPREPLY=()
  local word about
  while IFS=$'\\t' read -r word about; do
    [[ -n $word ]] && COMPREPLY+=("$(printf '%q' "$word")")
  done < <(orkit __complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _orkit ${bins.join(' ')}
`

const zsh = `#compdef ${bins.join(' ')}
_orkit() {
  local -a lines words_so_far
  words_so_far=("\${(@Q)words[2,CURRENT]}")
  [[ \${words[1]:t} == orkit ]] || words_so_far=("\${words[1]:t}" "\${words_so_far[@]}")
  local line word about
  while IFS=$'\\t' read -r word about; do
    [[ -n $word ]] && lines+=("\${word//:/\\\\:}:$about")
  done < <(orkit __complete -- "\${words_so_far[@]}" 2>/dev/null)
  if (( \${#lines} )); then _describe -V orkit lines; else _files; fi
}
if [[ \${funcstack[1]} == _orkit ]]; then _orkit "$@"; else compdef _orkit ${bins.join(' ')}; fi
`

const fish = `# fish completion of orkit: orkit completion fish > ~/.config/fish/completions/orkit.fish
function __orkit_complete
  set -l tokens (commandline -opc)
  set -l current (commandline -ct)
  set -l name (basename $tokens[1])
  set -l before $tokens[2..-1]
  if test $name != orkit
    set before $name $before
  end
  orkit __complete -- $before "$current" 2>/dev/null
end
${bins.map((bin) => `complete -c ${bin} -a '(__orkit_complete)'`).join('\n')}
`

const powershell = `# PowerShell completion of orkit: orkit completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName @(${bins.map((bin) => `'${bin}'`).join(', ')}) -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $name = [System.IO.Path]::GetFileNameWithoutExtension($words[0])
  $words = @($words | Select-Object -Skip 1)
  if ($name -ne 'orkit') { $words = @($name) + $words }
  # An unfinished word is the last one; after a space there is none yet. Windows PowerShell drops an empty argument unless it is quoted.
  if ($wordToComplete -eq '') { $words += $(if ($PSVersionTable.PSVersion.Major -lt 7) { '""' } else { '' }) }
  orkit __complete '--' @words 2>$null | ForEach-Object {
    $word, $about = $_ -split [char]9, 2
    if (-not $about) { $about = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
  }
}
`

export const scripts = { bash, zsh, fish, powershell } as const
