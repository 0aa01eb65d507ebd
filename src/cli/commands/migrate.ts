import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Migration } from '../../client/migrate/index.ts';
import { ConfigurationError, type Engine } from '../../engine/index.ts';
import { ENGINE_TYPES, type EngineConfig, engineFromEnv, openEngine } from '../../engines/index.ts';
import { databaseOf, placeOf } from '../../engines/place.ts';
import { engineFromFlags } from '../engine-flags.ts';
import { type AddCommand, addCommonOptions } from '../options.ts';
import type { CliOutput } from '../output.ts';

/** What the command line says about moving a run. */
export interface MigrateFlags {
  readonly to: EngineConfig['type'] & ('bullmq' | 'embedded' | 'temporal');
  readonly from?: MigrateFlags['to'];
  readonly database?: string;
  readonly fromNamespace?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly toDatabase?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `perdure migrate`. */
export const addMigrate: AddCommand = (program, output) => {
  const command = program
    .command('migrate')
    .description('Moves a run to another engine, where it goes on; says why when it cannot be moved.')
    .argument('<run>', 'its id')
    .addOption(new Option('--to <name>', 'where it is to go on').choices(ENGINE_TYPES).makeOptionMandatory())
    .addOption(new Option('--from <name>', 'where it is; default: PERDURE_ENGINE, then embedded').choices(ENGINE_TYPES))
    .option('--database <path>', 'file of the embedded engine that it is on; default: PERDURE_DATABASE')
    .option('--from-namespace <name>', 'default: default')
    .option('--address <host:port>', 'of the Temporal server; default: TEMPORAL_ADDRESS, then localhost:7233')
    .option('--namespace <name>', 'of the engine where it is to go on; default: TEMPORAL_NAMESPACE, then default')
    .option('--to-database <path>', 'file of the embedded engine where it is to go on')
    .option('--dry-run', 'only says what would happen');
  addCommonOptions(command).action(async (run: string, flags: MigrateFlags) => await migrate(run, flags, output));
};

/** Moves a run, and says what came of it. @throws Error with all that stands in the way; ConfigurationError when both sides are one. */
async function migrate(run: string, flags: MigrateFlags, { out, json }: CliOutput): Promise<void> {
  const isDry = flags.dryRun === true;
  const [source, target] = sidesOf(flags);
  const place = await placeOf(source);
  if (place !== undefined && place === (await placeOf(target)))
    throw new ConfigurationError('--to', 'source and target are the same.', {
      fix: 'Say by --from, --database and the other options where the run is, and where it is to go on.',
    });
  // Late, for it is much to load: mistakes above are told at once.
  const { migrateRun } = await import('../../client/migrate/index.ts');
  const opened: Engine[] = [];
  try {
    const from = await openEngine(isDry ? await withoutNewFile(source) : source);
    opened.push(from);
    const to = await openEngine(isDry ? await withoutNewFile(target) : target);
    opened.push(to);
    const migration = await migrateRun(run, { from, to, dryRun: isDry });
    const text = said(run, to.name, migration);
    if (flags.json === true) json(migration);
    else out(text);
  } finally {
    await Promise.allSettled(opened.map(async (engine) => await engine.close()));
  }
}

/** Where the run is, and where it is to go on. @throws ConfigurationError when flags contradict each other. */
export function sidesOf(
  flags: MigrateFlags,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly [EngineConfig, EngineConfig] {
  const { from, database, fromNamespace, to, toDatabase, address, namespace } = flags;
  const source = engineFromFlags(
    {
      ...(from === undefined ? {} : { engine: from }),
      ...(database === undefined ? {} : { database }),
      ...(fromNamespace === undefined ? {} : { namespace: fromNamespace }),
    },
    env,
  );
  const target = engineFromFlags(
    {
      engine: to,
      ...(toDatabase === undefined ? {} : { database: toDatabase }),
      ...(address === undefined ? {} : { address }),
      ...(namespace === undefined ? {} : { namespace }),
    },
    // The file in the environment is the one that the run is on.
    { ...env, PERDURE_DATABASE: undefined },
  );
  return [source ?? engineFromEnv(env), target ?? { type: to }];
}

/** A database that is not there yet holds nothing: an engine in memory tells the same of it, and leaves no file behind. */
async function withoutNewFile(config: EngineConfig): Promise<EngineConfig> {
  if (config.type !== 'embedded') return config;
  const file = await databaseOf(config);
  if (file === undefined || existsSync(file)) return config;
  const { path: _, ...rest } = config;
  return { ...rest, memory: true };
}

function said(run: string, engine: string, migration: Migration): string {
  if (migration.type === 'moved') return `${run} goes on on the engine ${engine}, as run ${migration.newRunId}.\n`;
  if (migration.type === 'refused') {
    const lines = migration.obstacles.map(({ problem, fix }) => `- ${problem} ${fix}`);
    throw new Error([`${run} stays where it is:`, ...lines].join('\n'));
  }
  const signals = migration.signals === 0 ? '' : `, and ${migration.signals} signals that it has not seen`;
  const way = migration.way === 'anew' ? 'begins there with its input' : 'goes on there with all that its agent knows';
  return `${run} can be moved to the engine ${engine}: it ${way}${signals}.\n`;
}
