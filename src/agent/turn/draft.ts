import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { JsonObject, Usage } from '../../workflow/protocol/index.ts';
import { MAX_CALLS, MAX_PARTS, MAX_TURN_BYTES } from './limits.ts';
import { toOptions } from './to-json.ts';
import { NO_USAGE, usageOf } from './usage.ts';

/** A call as the model made it. */
export interface DraftCall {
  readonly type: 'call';
  /** The provider's id: not unique, and not to be relied on. */
  readonly id: string;
  name: string;
  /** What the model wrote as arguments. */
  input: string;
  /** Whether the provider has said that the call is whole. */
  complete: boolean;
  options: ProviderOptions;
}

/** Text of the message, or of what was thought before. */
export interface DraftText {
  readonly type: 'text' | 'reasoning';
  readonly id: string;
  text: string;
  options: ProviderOptions;
}

/** A piece of the message that is being made. */
export type DraftPart =
  | DraftText
  | { readonly type: 'file'; readonly mediaType: string; readonly data: string; readonly options: ProviderOptions }
  | DraftCall;

/** What a part takes in history beside its text, in bytes. */
const partOverhead = 32;

type ProviderOptions = Readonly<Record<string, JsonObject>> | undefined;

/** What a model says, while it says it. Takes the parts of a stream in any order, also when they make no sense. */
export class MessageDraft {
  readonly parts: DraftPart[] = [];
  usage: Usage = NO_USAGE;
  /** Set when the model has finished. */
  finishReason: string | undefined;
  /** As the provider names the model that answered. */
  model: string | undefined;
  /** Calls beyond `MAX_CALLS` + 1: they are counted only. */
  droppedCalls: number = 0;
  readonly #open = new Map<string, DraftPart>();
  readonly #providerCalls = new Set<string>();
  #size = 0;
  #calls = 0;

  /** Whether there is more than can be kept: what came after that is lost. */
  get tooLarge(): boolean {
    return this.#size > MAX_TURN_BYTES || this.parts.length > MAX_PARTS;
  }

  /** Adds a part of the stream. @returns the text of it that was added, for those who listen. */
  add(part: LanguageModelV4StreamPart): { readonly type: 'text' | 'reasoning'; readonly text: string } | undefined {
    // Listening goes on, because the usage comes last.
    if (this.tooLarge && part.type !== 'finish') return undefined;
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#begin(part.type === 'text-start' ? 'text' : 'reasoning', part.id, part.providerMetadata);
        return undefined;
      case 'text-delta':
      case 'reasoning-delta':
        return this.#text(part.type === 'text-delta' ? 'text' : 'reasoning', part);
      case 'text-end':
      case 'reasoning-end':
        this.#end(part.type === 'text-end' ? 'text' : 'reasoning', part.id, part.providerMetadata);
        return undefined;
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-call':
        this.#call(part);
        return undefined;
      case 'file':
        this.#file(part);
        return undefined;
      case 'response-metadata':
        if (typeof part.modelId === 'string') this.model = part.modelId;
        return undefined;
      case 'finish':
        this.usage = usageOf(part.usage);
        this.finishReason = textOf(part.finishReason?.unified) || 'other';
        return undefined;
      default:
        // Sources, results of the provider's own tools, and what newer providers may send.
        return undefined;
    }
  }

  #begin(type: 'text' | 'reasoning', id: string, metadata: unknown): DraftText {
    const part = { type, id, text: '', options: toOptions(metadata) };
    this.#size += partOverhead;
    this.parts.push(part);
    this.#open.set(`${type} ${id}`, part);
    return part;
  }

  #text(
    type: 'text' | 'reasoning',
    {
      id,
      delta,
      providerMetadata,
    }: { readonly id: string; readonly delta: string; readonly providerMetadata?: unknown },
  ): { readonly type: 'text' | 'reasoning'; readonly text: string } | undefined {
    const open = this.#open.get(`${type} ${id}`);
    // Some providers leave the start out.
    const part = open && 'text' in open ? open : this.#begin(type, id, providerMetadata);
    part.options = toOptions(providerMetadata) ?? part.options;
    if (typeof delta !== 'string' || delta === '') return undefined;
    if (!this.#fits(delta)) return undefined;
    part.text += delta;
    return { type, text: delta };
  }

  #end(type: 'text' | 'reasoning', id: string, metadata: unknown): void {
    const part = this.#open.get(`${type} ${id}`);
    if (!part || part.type === 'file') return;
    // Signatures of reasoning arrive with its end.
    part.options = toOptions(metadata) ?? part.options;
    this.#open.delete(`${type} ${id}`);
  }

  #call(
    part: Extract<LanguageModelV4StreamPart, { type: 'tool-input-start' | 'tool-input-delta' | 'tool-call' }>,
  ): void {
    if (part.type === 'tool-input-delta') {
      const open = this.#open.get(`call ${part.id}`);
      if (open?.type === 'call' && typeof part.delta === 'string' && this.#fits(part.delta)) open.input += part.delta;
      return;
    }
    const id = textOf(part.type === 'tool-call' ? part.toolCallId : part.id);
    if (part.providerExecuted) this.#providerCalls.add(id);
    // The provider has made that call itself.
    if (this.#providerCalls.has(id)) return;
    const open = this.#open.get(`call ${id}`);
    const call = open?.type === 'call' ? open : this.#beginCall(id, part.toolName);
    if (part.type === 'tool-input-start') return;
    this.#open.delete(`call ${id}`);
    const input = inputText(part.input);
    call.name = textOf(part.toolName);
    // What was streamed of it is counted already.
    if (!this.#fits(input.slice(Math.min(call.input.length, input.length)))) return;
    call.input = input;
    call.complete = true;
    call.options = toOptions(part.providerMetadata);
  }

  #beginCall(id: string, name: unknown): DraftCall {
    const call: DraftCall = { type: 'call', id, name: textOf(name), input: '', complete: false, options: undefined };
    this.#size += partOverhead;
    this.#calls += 1;
    // One more than are looked at: it stands for the rest when the model is told.
    if (this.#calls > MAX_CALLS + 1) this.droppedCalls += 1;
    else this.parts.push(call);
    this.#open.set(`call ${id}`, call);
    return call;
  }

  #file(part: Extract<LanguageModelV4StreamPart, { type: 'file' }>): void {
    const data = fileData(part.data);
    if (data === undefined || !this.#fits(data)) return;
    const options = toOptions(part.providerMetadata);
    this.parts.push({ type: 'file', mediaType: textOf(part.mediaType), data, options });
  }

  #fits(text: string): boolean {
    this.#size += text.length;
    return !this.tooLarge;
  }
}

/** Providers promise text; what else they send is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Some models give the arguments as a value. */
function inputText(input: unknown): string {
  if (typeof input === 'string') return input;
  try {
    return JSON.stringify(input) ?? '';
  } catch {
    return '[not JSON]';
  }
}

function fileData(data: unknown): string | undefined {
  const tagged = typeof data === 'object' && data !== null && 'type' in data ? data : undefined;
  if (tagged?.type === 'url' && 'url' in tagged) return String(tagged.url);
  const bytes = tagged?.type === 'data' && 'data' in tagged ? tagged.data : data;
  if (typeof bytes === 'string') return bytes;
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : undefined;
}
