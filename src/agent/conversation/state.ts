import type {
  AgentRecord,
  AssistantMessage,
  ConversationItem,
  Message,
  ToolMessage,
  ToolOutput,
  ToolResultPart,
  UserContent,
} from '../../workflow/protocol/index.ts';
import { ConversationLostError } from './errors.ts';
import type { Fact, RunOrigin, ScheduledActivity } from './facts.ts';

/** One model call: what was new to the model, and what it said. */
interface Turn {
  readonly step: number;
  readonly scheduledEventId: number;
  readonly before: readonly Message[];
  answer: AssistantMessage | undefined;
}

/** What the conversation of a run stands on: that of the run before it. */
export interface ConversationBase {
  readonly messages: readonly Message[];
  /** Results of calls, for those that the run goes on with. */
  readonly results?: Results;
  /** Of everything that is kept, in bytes of JSON, roughly. */
  readonly bytes?: number;
}

interface Results {
  readonly tools: ReadonlyMap<string, ToolOutput>;
  readonly children: ReadonlyMap<string, ToolOutput>;
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
  #origin: RunOrigin | undefined;
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

  /** Where the run comes from; `undefined` before its history was read. */
  get origin(): RunOrigin | undefined {
    return this.#origin;
  }

  /** Results of calls, for the run that continues this one. */
  get results(): Results {
    return { tools: this.#tools, children: this.#children };
  }

  /**
   * Adds what later events say, in their order; what is known already is skipped, so that two readers may add the same.
   * @param base of the run before, when `facts` have a start that refers to it.
   * @throws ConversationLostError when a call's result is referred to that is not in history.
   */
  add(facts: readonly Fact[], base?: ConversationBase): void {
    for (const fact of facts) {
      if (fact.eventId <= this.#lastEventId) continue;
      this.#apply(fact, base);
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

  #apply(fact: Fact, base: ConversationBase | undefined): void {
    switch (fact.type) {
      case 'started':
        this.#origin = fact.origin;
        this.#definition = fact.carried?.definition;
        this.#base = base?.messages ?? [];
        this.bytes += base?.bytes ?? 0;
        base?.results?.tools.forEach((output, id) => this.#tools.set(id, output));
        base?.results?.children.forEach((output, id) => this.#children.set(id, output));
        return;
      case 'scheduled':
        this.scheduled.set(fact.eventId, fact.activity);
        if (fact.call) this.#ask(fact.eventId, fact.call.step, fact.call.delta);
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
  #ask(scheduledEventId: number, step: number, delta: readonly ConversationItem[]): void {
    const before = this.#resolve(delta);
    while ((this.#turns.at(-1)?.step ?? 0) >= step) this.#turns.pop();
    this.#turns.push({ step, scheduledEventId, before, answer: undefined });
  }

  /** Results of calls come first, in one message, directly after the message with the calls: providers insist on it. */
  #resolve(delta: readonly ConversationItem[]): Message[] {
    const results: ToolResultPart[] = [];
    const others: Message[] = [];
    for (const item of delta) {
      if (item.type !== 'message') results.push(this.#result(item));
      else if (item.message.role === 'tool') results.push(...item.message.content);
      else others.push(item.message);
    }
    const message: ToolMessage = { role: 'tool', content: results };
    return results.length > 0 ? [message, ...others] : others;
  }

  #result(item: Exclude<ConversationItem, { readonly type: 'message' }>): ToolResultPart {
    const output = item.type === 'tool' ? this.#tools.get(item.activityId) : this.#children.get(item.workflowId);
    if (output) return { type: 'tool-result', toolCallId: item.toolCallId, toolName: item.toolName, output };
    throw new ConversationLostError(`History has no result of the call ${item.toolCallId} of ${item.toolName}.`);
  }
}

/** What a user says, as a message. */
export function userMessage(content: UserContent): Message {
  return { role: 'user', content: typeof content === 'string' ? [{ type: 'text', text: content }] : content };
}
