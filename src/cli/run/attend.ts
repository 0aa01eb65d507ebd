import type { Perdure } from '../../client/perdure.ts';
import type { Run } from '../../client/run.ts';
import type { EngineFlags } from '../engine-flags.ts';
import { followRun } from '../events/follow.ts';
import { EventView } from '../events/view.ts';
import type { CliOutput } from '../output.ts';
import { comeBack, commandLine, goesOn } from '../session.ts';
import { readable } from '../text/brief.ts';
import { Answering } from './answering.ts';
import { WorkerWatch } from './worker-watch.ts';

/** How one stays with a run. */
export interface AttendFlags extends EngineFlags {
  readonly json?: boolean;
  readonly file?: string;
  readonly taskQueue?: string;
  readonly tokens: boolean;
}

/**
 * Stays with a run until it has ended: what happens goes to standard error, what it comes to goes to standard output; as JSON, all events go there.
 * @throws what the run came to, when it did not complete; InterruptedError.
 */
export async function attend(perdure: Perdure, run: Run, flags: AttendFlags, output: CliOutput): Promise<void> {
  const { json = false } = flags;
  const { err, errStyle: style, isErrTty } = output;
  if (!json) err(style('dim', `${run.id}\n`));
  const width = isErrTty ? output.width : Infinity;
  const view = new EventView(run.id, { write: err, style, width, hasTimes: false, hasAnswer: false });
  const answering = new Answering(run, output, (words) => commandLine(words, flags));
  const watch = new WorkerWatch(perdure, run, output);
  try {
    await followRun(run, output, {
      tokens: flags.tokens && (json || isErrTty),
      json,
      view,
      left: (from) => leftBehind(perdure, run.id, from, flags),
      onEvent: (event) => {
        watch.heed(event);
        if (!json) answering.heed(event);
      },
    });
  } finally {
    watch.stop();
    answering.stop();
  }
  const answer = await run.result();
  if (json) return;
  // On one screen it is not said twice.
  if (output.isTty && isErrTty && view.lastSaid === answer) return;
  output.out(`${readable(answer)}\n`);
}

/** What becomes of a run that the user lets go of: with a worker in this process, that ends too. */
function leftBehind({ engine }: Perdure, id: string, from: string | undefined, flags: AttendFlags): string {
  const { file, taskQueue } = flags;
  if (file === undefined) return goesOn(id, from, flags);
  if (engine.name === 'embedded' && engine.database === undefined)
    return `The run ${id} was in memory only, and is gone.`;
  const resume = commandLine(['worker', file, ...(taskQueue === undefined ? [] : ['--task-queue', taskQueue])], flags);
  return `The run ${id} rests until a worker runs: ${resume}\n${comeBack(id, from, flags)}`;
}
