export * from './activities.ts';
export * from './basics.ts';
export * from './failures.ts';
export * from './messages.ts';
export * from './start.ts';
