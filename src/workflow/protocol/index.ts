/**
 * What the loop, the activities behind it and its clients say to each other. All of it stands in histories: a change needs a patch or a new name.
 */
export type * from './activities.ts';
export type * from './carried.ts';
export type * from './conversation.ts';
export type * from './definition.ts';
export type * from './json.ts';
export type * from './messages.ts';
export type * from './run.ts';
export type * from './signals.ts';
export type * from './trace.ts';
export type * from './undo.ts';
export type * from './usage.ts';
export type * from './waits.ts';
export * from './names.ts';
