export * from './basics.ts';
