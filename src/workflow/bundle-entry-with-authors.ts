/** What a bundle with an author's own workflows consists of. Named last and by name, ours stay ours. */
export * from './author-workflows.ts';
export { perdureAgent } from './agent/perdure-agent.ts';
