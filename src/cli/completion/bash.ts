import type { Part } from './parts.ts';

/** For bash, without the package bash-completion. */
export function bashScript(name: string, parts: readonly Part[]): string {
  const paths = parts.flatMap(({ path }) => (path === '' ? [] : [quoted(path.replace(/^(?!.* )/, ' '))]));
  return `# Completes command lines of ${name} in bash.
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at \${COMP_WORDS[index]}" in
      ${paths.join('|')}) at="\${at:+$at }\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$at:$previous" in
${parts.flatMap(valueCases).join('\n')}
    *)
      case "$at" in
${parts.map((part) => `        ${quoted(part.path)}) words=${quoted(wordsOf(part).join(' '))} ;;`).join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

/** After a flag with a value: what it may be; nothing for files, which bash completes by itself. */
function valueCases({ path, flags }: Part): string[] {
  return flags
    .filter(({ hasValue }) => hasValue)
    .map(({ names, choices }) => {
      const patterns = names.map((flag) => quoted(`${path}:${flag}`)).join('|');
      return `    ${patterns}) words=${quoted(choices.join(' '))} ;;`;
    });
}

function wordsOf({ commands, flags, choices }: Part): readonly string[] {
  return [...commands.map(({ text }) => text), ...choices, ...flags.flatMap(({ names }) => names)];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
