/** The order desk in the terminal: `npm run demo -- --help`. */
import { once } from 'node:events';
import { prepared } from './ask.ts';
import type { Ending } from './attend.ts';
import { type DemoOptions, HELP, readOptions } from './options.ts';
import type { Session } from './session.ts';
import { jsonView, TextView, type View } from './view.ts';

const EXIT = { answered: 0, failed: 1, waiting: 2 } as const;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.answered;
  }
  // The agents read it, here and in the worker, so they are loaded after it is set.
  if (options.model !== undefined) process.env['PERDURE_MODEL'] = options.model;
  const [{ Session }, { chat }] = await Promise.all([import('./session.ts'), import('./chat.ts')]);
  const view = options.json ? jsonView : new TextView();
  await using session = await Session.open(options, view);
  if (options.question === undefined && options.answers.length === 0) {
    await chat(session, view);
    return EXIT.answered;
  }
  const ending = await Promise.race([answerOne(session, options), interrupted()]);
  report(ending, view, options);
  return EXIT[ending.type];
}

/** One question, or the one that an earlier session has left. */
async function answerOne(session: Session, { question, answers }: DemoOptions): Promise<Ending> {
  const run = question === undefined ? (await session.unfinished())[0] : await session.ask(question);
  return run ? session.attend(run, prepared(answers)) : { type: 'failed', message: 'Nothing waits for an answer.' };
}

async function interrupted(): Promise<Ending> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  return { type: 'failed', message: 'You left. The question is kept: npm run demo takes it up.' };
}

function report(ending: Ending, view: View, { engine }: DemoOptions): void {
  if (ending.type === 'failed') view.note(ending.message);
  if (ending.type !== 'waiting') return;
  const { kind, message } = ending.wait;
  const example = kind === 'approval' ? 'yes' : '"your answer"';
  view.note(`It waits for ${kind === 'approval' ? 'a decision' : 'an answer'}: ${message}`);
  const flags = engine.type === 'embedded' ? '' : ` --engine ${engine.type}`;
  view.note(
    `Give it with: npm run demo --${flags} --answer ${example}   or in a conversation: npm run demo${flags && ` --${flags}`}`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = EXIT.failed;
}
