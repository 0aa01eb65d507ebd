import type { EventBody } from '../../../src/client/events/event.ts';
import type { Fact } from '../../../src/client/events/facts.ts';
import { Translator } from '../../../src/client/events/translate.ts';
import type { Wait } from '../../../src/workflow/protocol/index.ts';

const at = Date.parse('2027-01-01T00:00:00Z');
export const usage = { inputTokens: 1, outputTokens: 2, cachedInputTokens: 0, reasoningTokens: 0 };
export const spent = { ...usage, steps: 1, toolCalls: 0 };
export const started: Extract<Fact, { kind: 'started' }> = {
  kind: 'started',
  workflowType: 'perdureAgent',
  input: { agent: 'main', input: 'Hi' },
  memo: {},
};

/** Translates facts in the order of their event ids, from 1. */
export function translate(facts: readonly Fact[], generation = 1, workflowId = 'run'): EventBody[] {
  const translator = new Translator({ workflowId, generation });
  return facts.flatMap((fact, index) => translator.translate(index + 1, at, fact));
}

export function wait(changes: Partial<Wait> = {}): Wait {
  const openedAt = '2026-12-31T23:00:00.000Z';
  return { id: 's1.1', kind: 'input', agent: 'main', workflowId: 'run', message: 'Which?', openedAt, ...changes };
}

export const opened = (...waits: Wait[]): Fact => ({
  kind: 'memo-changed',
  memo: Object.fromEntries(waits.map((each) => [`perdure.wait.${each.id}`, each])),
});
export const closed = (id: string): Fact => ({ kind: 'memo-changed', memo: { [`perdure.wait.${id}`]: null } });
export const answered = (answer: object): Fact => ({
  kind: 'updated',
  name: 'answerWait',
  updateId: 'u',
  input: answer,
});
export const scheduled = (activityType: string, input: object | string): Fact => ({
  kind: 'activity-scheduled',
  activityId: 'a',
  activityType,
  input,
});
export const ended = (scheduledEventId: number, result: unknown): Fact => ({
  kind: 'activity-ended',
  scheduledEventId,
  ending: { result },
});
export const failed = (scheduledEventId: number, type: string, message: string): Fact => ({
  kind: 'activity-ended',
  scheduledEventId,
  ending: { failure: { type, message } },
});
