/**
 * Data that the agents of a run share: values under keys, written once, kept in PostgreSQL.
 *
 * @module
 */
export {
  DataExistsError,
  DataInvalidError,
  DataNotFoundError,
  DataUnavailableError,
  type WrittenBy,
} from './errors.ts';
export { type MigrateOptions, migrateWorkflowData } from './migrate-workflow-data.ts';
export { openWorkflowData } from './open-workflow-data.ts';
export type { DataPlace, WorkflowDataOptions } from './options.ts';
export type {
  DataEntry,
  DataListing,
  DataMetadata,
  DataPage,
  DataQuery,
  DataSummary,
  DataWriter,
  NewData,
  WorkflowData,
} from './types.ts';
export { workflowData } from './workflow-data.ts';
