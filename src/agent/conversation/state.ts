import type {
  AgentRecord,
  AssistantMessage,
  CallModelInput,
  ConversationItem,
  Message,
  ToolMessage,
  ToolOutput,
  ToolResultPart,
  UserContent,
} from '../../workflow/protocol/index.ts';
import { ConversationLostError } from './errors.ts';
import type { Fact, ScheduledActivity } from './facts.ts';

/** One model call: what was new to the model, and what it said. */
interface Turn {
  readonly step: number;
  readonly scheduledEventId: number;
  readonly before: readonly Message[];
  answer: AssistantMessage | undefined;
}

/** Results of calls in the history of one run. */
export interface CallResults {
  /** By the id of the activity. */
  readonly tools: ReadonlyMap<string, ToolOutput>;
  /** By the workflow id of the sub-agent. */
  readonly children: ReadonlyMap<string, ToolOutput>;
}

/** What the conversation of a run stands on: runs before it. */
export interface ConversationBase {
  readonly messages: readonly Message[];
  /** Of everything that is kept, in bytes of JSON, roughly. */
  readonly bytes: number;
}

/** What facts refer to that stands in other runs. */
export interface EarlierRuns {
  /** What the start of the run refers to. */
  readonly base?: ConversationBase | undefined;
  /** What its model calls refer to, by run id. */
  readonly results?: ReadonlyMap<string, CallResults>;
}

/** The conversation of a run, as far as its history was read. */
export class ConversationState {
  /** Activities that matter, by the id of the event that scheduled them. */
  readonly scheduled: Map<number, ScheduledActivity> = new Map<number, ScheduledActivity>();
  /** Of everything that is kept, in bytes of JSON, roughly. */
  bytes: number = 0;
  readonly #tools = new Map<string, ToolOutput>();
  readonly #children = new Map<string, ToolOutput>();
  readonly #turns: Turn[] = [];
  #definition: AgentRecord | undefined;
  #base: readonly Message[] = [];
  #lastEventId = 0;

  /** The last event that is part of it. Those after it may still be read. */
  get lastEventId(): number {
    return this.#lastEventId;
  }

  /** The agent's definition as recorded; `undefined` before `agent.resolve` has returned. */
  get definition(): AgentRecord | undefined {
    return this.#definition;
  }

  /** Results of calls, for runs that continue this one. */
  get results(): CallResults {
    return { tools: this.#tools, children: this.#children };
  }

  /**
   * Adds what later events say, in their order; what is known already is skipped, so that two readers may add the same.
   * @param earlier what `facts` refer to.
   * @throws ConversationLostError when a call's result is referred to that is not in history.
   */
  add(facts: readonly Fact[], earlier: EarlierRuns = {}): void {
    for (const fact of facts) {
      if (fact.eventId <= this.#lastEventId) continue;
      this.#apply(fact, earlier);
      this.#lastEventId = fact.eventId;
      this.bytes += fact.bytes;
    }
  }

  /**
   * The messages so far.
   * @param step only what the model call of this step is given: all before it, and what is new to it.
   */
  messages(step: number = Number.POSITIVE_INFINITY): Message[] {
    const messages = [...this.#base];
    for (const turn of this.#turns) {
      if (turn.step > step) break;
      messages.push(...turn.before);
      if (turn.answer && turn.step < step) messages.push(turn.answer);
    }
    return messages;
  }

  #apply(fact: Fact, earlier: EarlierRuns): void {
    switch (fact.type) {
      case 'started':
        this.#definition = fact.carried.definition;
        this.#base = earlier.base?.messages ?? [];
        this.bytes += earlier.base?.bytes ?? 0;
        return;
      case 'scheduled':
        this.scheduled.set(fact.eventId, fact.activity);
        if (fact.call) this.#ask(fact.eventId, fact.call, earlier);
        return;
      case 'resolved':
        this.#definition = fact.resolved.definition;
        this.#base = [...this.#base, userMessage(fact.resolved.opening)];
        return;
      case 'answered': {
        const turn = this.#turns.findLast(({ scheduledEventId }) => scheduledEventId === fact.scheduledEventId);
        if (turn) turn.answer = fact.turn.message;
        return;
      }
      case 'tool':
        this.#tools.set(fact.activityId, fact.output);
        return;
      case 'child':
        this.#children.set(fact.workflowId, fact.output);
    }
  }

  /** A call of the same step takes the place of one that has failed. */
  #ask(scheduledEventId: number, { step, delta }: CallModelInput, earlier: EarlierRuns): void {
    const before = this.#resolve(delta, earlier);
    while ((this.#turns.at(-1)?.step ?? 0) >= step) this.#turns.pop();
    this.#turns.push({ step, scheduledEventId, before, answer: undefined });
  }

  /** Results of calls come first, in one message, directly after the message with the calls: providers insist on it. */
  #resolve(delta: readonly ConversationItem[], earlier: EarlierRuns): Message[] {
    const results: ToolResultPart[] = [];
    const others: Message[] = [];
    for (const item of delta) {
      if (item.type !== 'message') results.push(this.#result(item, earlier));
      else if (item.message.role === 'tool') results.push(...item.message.content);
      else others.push(item.message);
    }
    const message: ToolMessage = { role: 'tool', content: results };
    return results.length > 0 ? [message, ...others] : others;
  }

  #result(item: Exclude<ConversationItem, { readonly type: 'message' }>, { results }: EarlierRuns): ToolResultPart {
    const { tools, children } = (item.runId === undefined ? undefined : results?.get(item.runId)) ?? this.results;
    const output = item.type === 'tool' ? tools.get(item.activityId) : children.get(item.workflowId);
    if (output) return { type: 'tool-result', toolCallId: item.toolCallId, toolName: item.toolName, output };
    throw new ConversationLostError(`History has no result of the call ${item.toolCallId} of ${item.toolName}.`);
  }
}

/** What a user says, as a message. */
function userMessage(content: UserContent): Message {
  return { role: 'user', content: typeof content === 'string' ? [{ type: 'text', text: content }] : content };
}
