import type { Part, Word } from './parts.ts';

/** For zsh, after compinit. */
export function zshScript(name: string, parts: readonly Part[]): string {
  const paths = parts.flatMap(({ path }) => (path === '' ? [] : [quoted(path.replace(/^(?!.* )/, ' '))]));
  return `#compdef ${name}
# Completes command lines of ${name} in zsh.
_${name}() {
  local at='' previous="\${words[CURRENT-1]}" index
  local -a commands flags values
  for ((index = 2; index < CURRENT; index++)); do
    case "$at \${words[index]}" in
      (${paths.join('|')}) at="\${at:+$at }\${words[index]}" ;;
    esac
  done
  case "$at:$previous" in
${parts.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${parts.map(partCase).join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then _describe -o option flags
  elif (( \${#commands} )); then _describe command commands
  else _files; fi
}
compdef _${name} ${name}
`;
}

function valueCases({ path, flags }: Part): string[] {
  return flags
    .filter(({ hasValue }) => hasValue)
    .map(({ names, choices }) => {
      const patterns = names.map((flag) => quoted(`${path}:${flag}`)).join('|');
      const complete =
        choices.length === 0 ? '_files' : `values=(${choices.map(quoted).join(' ')}); _describe value values`;
      return `    (${patterns}) ${complete}; return ;;`;
    });
}

function partCase({ path, commands, flags, choices }: Part): string {
  const words = [...commands, ...choices.map((text) => ({ text, about: text }))];
  const options = flags.flatMap(({ names, about }) => names.map((text) => ({ text, about })));
  return `    (${quoted(path)}) commands=(${listed(words)}); flags=(${listed(options)}) ;;`;
}

function listed(words: readonly Word[]): string {
  return words.map(({ text, about }) => quoted(`${text.replaceAll(':', String.raw`\:`)}:${about}`)).join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
