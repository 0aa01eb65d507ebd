/** Moves runs from one engine to another. */
export { migrateRun } from './migrate.ts';
export type { MigrateOptions, Migration, MigrationWay, Obstacle } from './types.ts';
