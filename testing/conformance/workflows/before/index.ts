/** Older code of some types in the folder above; see `bundle: 'before'`. */
export * from './patches.ts';
export * from './workflow-tasks.ts';
