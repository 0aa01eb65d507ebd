import type { RunTree } from '../../client/inspect/types.ts';
import { type AddCommand, examples, toCount } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { oneLine } from '../text/escape.ts';
import { statusStyle } from '../text/status.ts';
import { duration } from '../text/time.ts';
import { fitted } from '../text/width.ts';
import { addRunCommand, type RunFlags, withRun } from './run-command.ts';

interface Flags extends RunFlags {
  readonly limit: number;
}

/** `perdure tree`. */
export const addTree: AddCommand = (program, output) => {
  addRunCommand(program, 'tree', 'Shows a run and the runs that it has started, of all depths.')
    .option('--limit <count>', 'how many runs at most, those nearer to it first', toCount, 1000)
    .addHelpText('after', examples(['perdure tree r-1', 'who has called whom']))
    .action(async (id: string, flags: Flags) => {
      const { limit } = flags;
      const doing = `Reading ${id}`;
      const tree = await withRun(id, flags, output, async (run) => await run.tree({ limit }), { doing });
      if (flags.json === true) output.json(tree);
      else for (const line of linesOf(tree, output)) output.out(`${line}\n`);
    });
};

function linesOf({ run, children, truncated }: RunTree, output: CliOutput, lead = '', rest = ''): string[] {
  const { id, agent, status, startedAt, endedAt } = run;
  const took = duration((endedAt ?? new Date()).getTime() - startedAt.getTime());
  const head = fitted(`${lead}${oneLine(agent)}`, output.width);
  const style = statusStyle(status);
  const shown = style === undefined ? status : output.style(style, status);
  const below = children.flatMap((child, index) => {
    const isLast = index === children.length - 1 && truncated !== true;
    return linesOf(child, output, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`);
  });
  const more = truncated === true ? [`${rest}└─ …`] : [];
  return [`${head}  ${shown}  ${took}  ${output.style('dim', oneLine(id))}`, ...below, ...more];
}
