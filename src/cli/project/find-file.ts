import { existsSync } from 'node:fs';
import { ConfigurationError } from '../../engine/index.ts';

const NAMES = ['worker', 'agents'];
const FOLDERS = ['src/', ''];
const ENDINGS = ['ts', 'mts', 'js', 'mjs'];

/** Where a project may say what its worker runs, the first that is there counts. */
const PLACES = NAMES.flatMap((name) => FOLDERS.flatMap((folder) => ENDINGS.map((end) => `${folder}${name}.${end}`)));

/** The file of a project that says what its worker runs. @throws ConfigurationError when none is named and none is where one is looked for. */
export function projectFile(named: string | undefined): string {
  const file = named ?? PLACES.find((place) => existsSync(place));
  if (file !== undefined) return file;
  throw new ConfigurationError(
    'file',
    'is missing: there is no src/worker.ts, worker.ts, src/agents.ts or agents.ts.',
    {
      fix: 'Name the file that exports your agents, or begin a project with perdure init.',
    },
  );
}
