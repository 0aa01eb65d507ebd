import { inspect } from 'node:util';
import type { Json, Spent, Usage } from '../../workflow/protocol/index.ts';
import type { EventFailure } from '../events/event.ts';
import type { Fact } from '../events/facts.ts';
import type { EventBody } from '../events/event.ts';
import type { HistoryEvent } from '../events/read-fact.ts';
import type { Step, StepStatus } from './types.ts';

/** An event of history, and what it comes to. */
export interface Told {
  readonly event: HistoryEvent;
  readonly eventId: number;
  /** ISO 8601. */
  readonly at: string;
  readonly fact: Fact | undefined;
  readonly bodies: readonly EventBody[];
}

/** A step that an event begins, without its id. */
export interface NewStep {
  readonly step: Omit<Step, 'id'>;
  readonly activityId?: string;
  readonly outlives?: boolean;
}

/** A step while its end may not be known yet. */
export interface Draft {
  readonly step: { -readonly [Key in keyof Step]: Step[Key] };
  /** Whether what comes of it is kept. */
  readonly contents: boolean;
  /** Of activities. */
  readonly activityId?: string;
  /** Whether it goes on when its run ends: some child runs do. */
  readonly outlives?: boolean;
  /** What a sub-agent has used. */
  spent?: Spent;
}

/** How a step ended. */
export interface StepEnd {
  readonly status: Exclude<StepStatus, 'scheduled' | 'running'>;
  readonly output?: unknown;
  readonly error?: EventFailure | undefined;
  readonly usage?: Usage | undefined;
}

/** Whether a step has not ended. */
export function isOpen({ step }: Draft): boolean {
  return step.endedAt === undefined;
}

/** Somebody has begun a step. */
export function begin({ step }: Draft, at: string, attempt: number): void {
  step.status = 'running';
  step.attempts = attempt;
  step.startedAt = at;
}

/** A step has ended. One that has ended already stays as it is. */
export function end(draft: Draft, at: string, { status, output, error, usage }: StepEnd): void {
  if (!isOpen(draft)) return;
  const { step } = draft;
  step.status = status;
  step.endedAt = at;
  step.durationMs = Math.max(0, Date.parse(at) - Date.parse(step.scheduledAt));
  if (output !== undefined && draft.contents) step.output = toJson(output);
  if (error !== undefined) step.error = error;
  if (usage !== undefined) step.usage = usage;
}

/** What a converter made of a payload, as JSON: bytes become base64, what cannot be written becomes text. */
export function toJson(value: unknown): Json {
  if (value === undefined) return null;
  try {
    return JSON.parse(JSON.stringify(value, (_key, member: unknown) => withoutBytes(member))) as Json;
  } catch {
    return inspect(value);
  }
}

function withoutBytes(member: unknown): unknown {
  return member instanceof Uint8Array ? Buffer.from(member).toString('base64') : member;
}

/** The tokens of what was used. */
export function usageOf({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: Usage): Usage {
  return { inputTokens, outputTokens, cachedInputTokens, reasoningTokens };
}
