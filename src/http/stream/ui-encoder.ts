import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import type { Json, JsonObject } from '../../workflow/protocol/index.ts';
import { Speech } from './speech.ts';
import { UiCalls } from './ui-calls.ts';
import type { UiChunk } from './ui-chunk.ts';
import { isUserContent, userParts } from './ui-content.ts';
import { UiWaits } from './ui-waits.ts';

/** Makes the chunks of the AI SDK's UI message stream from the events of one run, fed in their order from the beginning. */
export class UiEncoder {
  readonly #runId: string;
  readonly #calls = new UiCalls();
  readonly #waits: UiWaits;
  /** Sub-agents by their runs, and the calls that they answer. */
  readonly #agents = new Map<string, string>();
  #step = 0;
  #speech: Speech | undefined;
  /** What a step that is taken back has beside speech: it is sent again. */
  #beside: UiChunk[] = [];
  #isStepOpen = false;
  #lastText: string | undefined;

  constructor(runId: string) {
    this.#runId = runId;
    this.#waits = new UiWaits(runId, this.#calls);
  }

  /** The beginning of a message: what is sent of the run from now on belongs to it. */
  start(messageId: string): UiChunk {
    this.#calls.forgetShown();
    this.#isStepOpen = false;
    return { type: 'start', messageId, messageMetadata: { runId: this.#runId } };
  }

  /** The end of a message whose run has not ended: it waits for a person. */
  pause(): UiChunk[] {
    return [...this.#endStep(), this.#finish('tool-calls', { status: 'waiting' })];
  }

  /** Whether nothing goes on in the run before a person has answered. */
  get isWaiting(): boolean {
    const waits = this.#waits.ofPeople;
    if (waits.length === 0 || this.#speech !== undefined) return false;
    const blocked = new Set(
      waits.flatMap((wait) => this.#callsAbove(wait.workflowId, wait.call?.toolCallId ?? wait.id)),
    );
    return this.#calls.undone.every((id) => blocked.has(id));
  }

  /** What an event comes to: often nothing. */
  encode(event: RunEvent | TokenEvent): UiChunk[] {
    if (event.type === 'token') return this.#token(event);
    const beside = this.#encodeBeside(event);
    if (beside !== undefined) {
      if (this.#speech !== undefined) this.#beside.push(...beside);
      return beside;
    }
    return this.#encodeStep(event) ?? this.#encodeEnd(event) ?? [];
  }

  #token(token: TokenEvent): UiChunk[] {
    // What sub-agents say is shown when they have said it: as what came of the call.
    if (token.workflowId !== this.#runId || token.step < this.#step) return [];
    const begin = token.step > this.#step ? this.#begin(token.step) : [];
    return [...begin, ...this.#again(this.#speech?.piece(token) ?? [])];
  }

  #encodeStep(event: RunEvent): UiChunk[] | undefined {
    switch (event.type) {
      case 'model_called':
        return event.step > this.#step ? this.#begin(event.step) : [];
      case 'model_responded': {
        const begin = event.step > this.#step ? this.#begin(event.step) : [];
        const said = this.#again(this.#speech?.whole(event) ?? []);
        this.#speech = undefined;
        this.#lastText = event.text;
        return [...begin, ...said, ...event.calls.flatMap((call) => this.#calls.made(call))];
      }
      case 'model_failed': {
        const said = this.#again(this.#speech?.takeBack() ?? []);
        this.#speech = undefined;
        return said;
      }
      case 'call_refused':
        return this.#calls.failed(event.toolCallId, event.error);
      default:
        return undefined;
    }
  }

  /** What may happen while a model speaks. */
  #encodeBeside(event: RunEvent): UiChunk[] | undefined {
    switch (event.type) {
      case 'tool_started':
        return this.#calls.made(event);
      case 'tool_completed':
        return this.#calls.completed(event.toolCallId, event.output);
      case 'tool_failed':
        return this.#calls.failed(event.toolCallId, event.error.message);
      case 'agent_called':
        this.#agents.set(event.workflowId, event.toolCallId);
        return this.#calls.made({ toolCallId: event.toolCallId, toolName: event.agent, input: event.input as Json });
      case 'agent_completed':
        return this.#calls.returned(event.toolCallId, event.output);
      case 'agent_failed':
        return this.#calls.failed(event.toolCallId, event.error.message);
      case 'input_requested':
      case 'approval_requested':
      case 'tool_awaited':
      case 'event_awaited':
        return this.#waits.opened(event.wait);
      case 'wait_answered':
        return this.#waits.answered(event.wait, event.outcome);
      case 'wait_closed':
        return this.#waits.closed(event);
      case 'steered':
      case 'message_received':
        return isUserContent(event.content)
          ? [{ type: 'steering-message', id: event.id, parts: userParts(event.content) }]
          : [];
      default:
        return undefined;
    }
  }

  #encodeEnd(event: RunEvent): UiChunk[] | undefined {
    switch (event.type) {
      case 'run_completed': {
        const { output, finish, spent } = event;
        const status = { status: 'completed', finish, ...(spent === undefined ? {} : { spent: { ...spent } }) };
        const isSaid = typeof output === 'string' && output === this.#lastText;
        const result: UiChunk[] = isSaid ? [] : [{ type: 'data-output', id: 'output', data: output }];
        return [...result, ...this.#endStep(), this.#finish(finish === 'limit' ? 'length' : 'stop', status)];
      }
      case 'run_failed':
        return this.#fail('failed', event.error.message);
      case 'run_timed_out':
        return this.#fail('timed_out', 'The run took longer than it was allowed to.');
      case 'run_terminated':
        return this.#abort('terminated', event.reason);
      case 'run_cancelled':
        return this.#abort('cancelled', 'The run was cancelled.');
      default:
        return undefined;
    }
  }

  #fail(status: string, errorText: string): UiChunk[] {
    return [...this.#endStep(), { type: 'error', errorText }, this.#finish('error', { status })];
  }

  #abort(status: string, reason: string): UiChunk[] {
    return [...this.#endStep(), { type: 'abort', reason }, this.#finish('other', { status })];
  }

  #finish(finishReason: 'stop' | 'length' | 'error' | 'other' | 'tool-calls', about: JsonObject): UiChunk {
    return { type: 'finish', finishReason, messageMetadata: { runId: this.#runId, ...about } };
  }

  #begin(step: number): UiChunk[] {
    const end = this.#endStep();
    this.#step = step;
    this.#speech = new Speech(step);
    this.#beside = [];
    this.#isStepOpen = true;
    return [...end, { type: 'start-step' }];
  }

  #endStep(): UiChunk[] {
    const wasOpen = this.#isStepOpen;
    this.#isStepOpen = false;
    return wasOpen ? [{ type: 'finish-step' }] : [];
  }

  /** Taking a step back takes all that was sent in it. */
  #again(chunks: UiChunk[]): UiChunk[] {
    return chunks.flatMap((chunk) => (chunk.type === 'reset-step' ? [chunk, ...this.#beside] : [chunk]));
  }

  /** The call of this run that a wait holds up: the one that it is about, or that of the sub-agent below which it is open. */
  #callsAbove(workflowId: string, own: string): string[] {
    if (workflowId === this.#runId) return [own];
    return [...this.#agents].flatMap(([child, call]) =>
      child === workflowId || workflowId.startsWith(`${child}/`) ? [call] : [],
    );
  }
}
