import type { CodeDifference, DefinitionDifference, ReplayReport } from '../../replay/index.ts';
import type { Json } from '../../workflow/protocol/index.ts';
import type { CliOutput } from '../output.ts';
import { oneLine } from '../text/escape.ts';

const LONGEST = 100;

/** What came of a replay, for people. */
export function reportText({ runs }: ReplayReport, { style }: Pick<CliOutput, 'style'>): string {
  const lines = runs.flatMap(({ id, type, ok, code, definitions }) => [
    `${ok ? style('green', '✓') : style('red', '✗')} ${oneLine(id)}  ${style('dim', oneLine(type))}`,
    ...(code ? codeLines(code) : []),
    ...definitions.map((each) => `  ${definitionLine(each)}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function codeLines({ event, expected, actual, message, stack, kind }: CodeDifference): string[] {
  const where = kind === 'extra' ? 'after event' : 'at event';
  return [
    ...(event ? [`  ${where} ${event.id} ${event.type}`] : []),
    ...(expected === undefined ? [] : [`  the run:  ${oneLine(expected)}`]),
    ...(actual === undefined ? [] : [`  the code: ${oneLine(actual)}`]),
    `  ${oneLine(message)}`,
    ...(stack ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `    ${oneLine(line.trim())}`),
  ];
}

function definitionLine({ agent, field, change, before, after }: DefinitionDifference): string {
  const values = [before, after].map((value) => (value === undefined ? '' : shortened(value)));
  const shown = change === 'changed' ? `: ${values.filter(Boolean).join(' → ')}` : '';
  return oneLine(`agent ${agent}: ${field} ${change}${shown}`);
}

function shortened(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
