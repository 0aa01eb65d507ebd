import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { stems } from './words.ts';

/** What a JSON Schema says of one argument, as far as this model understands it. */
export interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
}

/** A tool as the model sees it. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly required: readonly string[];
}

/** What a model may call, in the order in which it is offered. */
export function offeredTools({ tools = [] }: LanguageModelV4CallOptions): OfferedTool[] {
  return tools.flatMap((tool) => {
    if (tool.type !== 'function') return [];
    const { name, description = '', inputSchema } = tool;
    const properties = (inputSchema.properties ?? {}) as Record<string, Property>;
    return [{ name, description, properties, required: inputSchema.required ?? [] }];
  });
}

const READING = /^(?:look|find|list|get|track|show|search|check|read|fetch)/;

/** Whether a call only looks. Tools are named after what they do; who is told a message decides for itself. */
export function onlyReads({ name, required }: OfferedTool): boolean {
  return READING.test(name) || (required.length === 1 && required[0] === 'message');
}

/** What tools are about: the words of their names and descriptions. */
export class Vocabulary {
  /** By word: what it adds for which tool. */
  readonly #weights = new Map<string, Map<OfferedTool, number>>();

  constructor(tools: readonly OfferedTool[]) {
    for (const tool of tools) {
      const name = stems(tool.name.replaceAll('_', ' '));
      for (const word of new Set([...name, ...stems(tool.description)])) {
        this.#weights.set(word, (this.#weights.get(word) ?? new Map()).set(tool, name.has(word) ? 2 : 1));
      }
    }
  }

  /**
   * How well tools fit what is said: words of their names count twice, and the fewer tools a word fits, the more it counts. From 1 on it is no
   * coincidence.
   */
  fitness(text: string): Map<OfferedTool, number> {
    const scores = new Map<OfferedTool, number>();
    for (const word of stems(text)) {
      const weights = this.#weights.get(word) ?? new Map<OfferedTool, number>();
      for (const [tool, weight] of weights) scores.set(tool, (scores.get(tool) ?? 0) + weight / weights.size);
    }
    return scores;
  }
}

/** `track_shipment` as a person says it. */
export function inWords(name: string): string {
  return name.replace(/(?<=[a-z\d])(?=[A-Z])|_+/g, ' ').toLowerCase();
}
