import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { FAILURE } from '../../src/workflow/protocol/index.ts';
import { indent, count } from '../text.ts';
import { type CallOrigin, type ModelCall, readCall } from './call.ts';
import { describePrompt } from './describe.ts';
import { type Playing, Script } from './script.ts';
import { toResult, toStream } from './stream.ts';
import type { ScriptedTurn, Turn } from './turn.ts';

/** Lets time pass: milliseconds. Rejects when the signal aborts. */
export type PassTime = (ms: number, signal?: AbortSignal) => Promise<void>;

/** How a scripted model is made. */
export interface ScriptedModelOptions {
  /** Shown in histories as the model's name. Default: `'scripted'`. */
  readonly id?: string;
  /**
   * Whether each run (workflow id) plays the script from its beginning. By default there is one script for all who ask: right while one asks after
   * the other, a sub-agent included.
   */
  readonly perRun?: boolean;
}

/** A model that says what its script says. */
export interface ScriptedModel extends LanguageModelV4 {
  /** What it was asked, in the order of the calls. */
  readonly calls: readonly ModelCall[];
  /** What went wrong with the script: calls for which it had no turn. */
  readonly problems: readonly string[];
  /** Lets delays pass in this time. A test environment does it with the models that it is given. */
  useTime(passTime: PassTime): void;
  /** Answers in one piece. */
  doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult>;
  /** Answers piece by piece. */
  doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult>;
  /** @throws Error when turns are left, or when a call had none. */
  assertDone(): void;
}

/**
 * A language model for tests: answers each call with the next turn of its script. A call without a turn fails for good (`ModelFailed`), and says
 * what was asked.
 * @example
 * const model = scriptedModel([callTool('lookup_order', { orderId: '1042' }), say('It is on its way.')]);
 */
export function scriptedModel(turns: readonly ScriptedTurn[], options: ScriptedModelOptions = {}): ScriptedModel {
  return new Player(turns, options);
}

class Player implements ScriptedModel {
  readonly specificationVersion = 'v4';
  readonly provider = 'perdure.testing';
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]> = {};
  readonly calls: ModelCall[] = [];
  readonly problems: string[] = [];
  readonly #turns: readonly ScriptedTurn[];
  readonly #scripts = new Map<string, Script>();
  readonly #perRun: boolean;
  #passTime: PassTime = passRealTime;

  constructor(turns: readonly ScriptedTurn[], { id = 'scripted', perRun = false }: ScriptedModelOptions) {
    this.modelId = id;
    this.#turns = turns;
    this.#perRun = perRun;
    // So that a script nobody asks for has turns left.
    if (!perRun) this.#scripts.set('', new Script(turns));
  }

  useTime(passTime: PassTime): void {
    this.#passTime = passTime;
  }

  assertDone(): void {
    const left = [...this.#scripts].flatMap(([run, script]) =>
      script.left === 0 ? [] : [`${count(script.left, 'turn')} of ${script.length} left${run && ` for run ${run}`}`],
    );
    if (this.#perRun && this.#scripts.size === 0) left.push('no run asked it');
    const problems = [...this.problems, ...left];
    if (problems.length === 0) return;
    throw new Error(`The script of model "${this.modelId}" was not played as it is:\n${problems.join('\n')}`);
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { turn, playing } = await this.#play(options);
    if (turn.type === 'failure') throw turn.error;
    playing.delivered = true;
    return toResult(turn, this.modelId);
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { turn, playing } = await this.#play(options);
    if (turn.type === 'failure' && turn.after === '') throw turn.error;
    const onDelivered = (): void => {
      playing.delivered = true;
    };
    return { stream: toStream(turn, this.modelId, options.abortSignal, onDelivered) };
  }

  async #play(options: LanguageModelV4CallOptions): Promise<{ turn: Turn; playing: Playing }> {
    const origin = currentOrigin();
    const script = this.#scriptFor(origin);
    const playing = script.take(origin);
    const call = readCall(options, {
      number: this.calls.length + 1,
      turn: playing?.number ?? script.length + 1,
      origin,
    });
    this.calls.push(call);
    if (playing === undefined) throw this.#unscripted(call, script);
    const scripted = typeof playing.turn === 'function' ? await playing.turn(call) : playing.turn;
    if (scripted.delay > 0) await this.#passTime(scripted.delay, options.abortSignal);
    options.abortSignal?.throwIfAborted();
    return { turn: withIds(scripted, call.number), playing };
  }

  #scriptFor(origin: CallOrigin | undefined): Script {
    const key = this.#perRun ? (origin?.workflowId ?? '') : '';
    let script = this.#scripts.get(key);
    if (script === undefined) this.#scripts.set(key, (script = new Script(this.#turns)));
    return script;
  }

  #unscripted(call: ModelCall, script: Script): ApplicationFailure {
    const { origin, tools } = call;
    const by = origin === undefined ? '' : ` by run ${origin.workflowId}, attempt ${origin.attempt}`;
    const message = [
      `The script of model "${this.modelId}" has no turn ${call.turn}: it has ${count(script.length, 'turn')}, and all were played.`,
      `It was asked${by}:`,
      indent(describePrompt(call.prompt)),
      `It could have called: ${tools.map((tool) => tool.name).join(', ') || 'nothing'}.`,
      'Add a turn, or see why it was asked once more.',
    ].join('\n');
    this.problems.push(message);
    // No attempt can make that better.
    return ApplicationFailure.nonRetryable(message, FAILURE.modelFailed);
  }
}

/** Calls get ids that no other call of this model has. */
function withIds(turn: Turn, callNumber: number): Turn {
  if (turn.type === 'failure') return turn;
  const content = turn.content.map((part, index) =>
    part.type === 'tool-call' && part.toolCallId === ''
      ? { ...part, toolCallId: `call-${callNumber}-${index + 1}` }
      : part,
  );
  return { ...turn, content };
}

function currentOrigin(): CallOrigin | undefined {
  const info = asyncLocalStorage.getStore()?.info;
  if (info?.workflowExecution === undefined) return undefined;
  return { ...info.workflowExecution, activityId: info.activityId, attempt: info.attempt };
}

function passRealTime(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
