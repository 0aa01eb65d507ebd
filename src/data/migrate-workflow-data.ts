import { type Check, flag, section, text } from '../engine/shape.ts';
import { loadParts } from './load.ts';
import { DEFAULT_SCHEMA, type DataPlace, PLACE_SHAPE, targetOf } from './options.ts';

/** What is set up in a database, and where. */
export interface MigrateOptions extends DataPlace {
  /** A role that exists: it may read and add data, and neither change nor delete it, nor make tables. Processes that use it open the data with `migrate: false`. */
  readonly appRole?: string;
  /** Whether the database itself keeps runs and tenants apart (row-level security, forced). Default: as it is. */
  readonly rowLevelSecurity?: boolean;
}

const shape = section(
  { ...PLACE_SHAPE, appRole: text, rowLevelSecurity: flag } satisfies Record<keyof MigrateOptions, Check>,
  'options',
);

/**
 * Makes the tables of workflow data or brings them up to date, as their owner. May be done again, and by many at once.
 * @returns what was done: the names of the migrations.
 * @throws ConfigurationError for what is wrong with options, rights or packages; DataUnavailableError.
 */
export async function migrateWorkflowData(options: MigrateOptions = {}): Promise<readonly string[]> {
  shape('', options);
  const { schema = DEFAULT_SCHEMA, appRole, rowLevelSecurity } = options;
  const target = targetOf(options, process.env);
  const { setUp } = await loadParts(target);
  return setUp({ target, schema, appRole, rowLevelSecurity });
}
