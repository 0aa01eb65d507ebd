/** What the prebuilt bundle consists of. */
export { perdureAgent } from './agent/perdure-agent.ts';
