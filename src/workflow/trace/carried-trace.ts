import type { TraceContext } from '../protocol/index.ts';

// Each workflow has modules of its own.
let trace: TraceContext | undefined;
let agent: string | undefined;

/** Where this run belongs: what its activities and children are given. `undefined` when nobody has said so. */
export function carriedTrace(): TraceContext | undefined {
  return trace;
}

/** Says where this run belongs from now on; nothing changes when that is not known. */
export function carryTrace(next: TraceContext | undefined): void {
  trace = next ?? trace;
}

/** The agent whose run this is; `undefined` for authors' own workflows. */
export function carriedAgent(): string | undefined {
  return agent;
}

/** Says whose run this is. */
export function carryAgent(name: string | undefined): void {
  agent = name;
}
