import type { CarriedConversation, Message } from '../protocol/index.ts';

/** Up to this size (bytes of JSON) a conversation is carried to the next run; a larger one is referred to. */
export const MAX_CARRIED_CONVERSATION: number = 1024 * 1024;

/**
 * The conversation as the workflow knows it, to hand it to the next run: the messages themselves while they are small enough, and where they
 * stand otherwise. What is larger is let go of at once.
 */
export class Transcript {
  #messages: Message[] | undefined;
  #bytes = 0;

  /** @param begun what the run before has handed over. */
  constructor(begun?: CarriedConversation) {
    this.#messages = begun?.type === 'run' ? undefined : [];
    if (begun?.type === 'messages') this.add(begun.messages);
  }

  /** Takes messages in. */
  add(messages: readonly Message[]): void {
    for (const message of messages) {
      if (this.#messages === undefined) return;
      this.#bytes += jsonBytes(message) + 1;
      if (this.#bytes > MAX_CARRIED_CONVERSATION) this.#messages = undefined;
      else this.#messages.push(message);
    }
  }

  /** Some of the conversation is not known here. */
  drop(): void {
    this.#messages = undefined;
  }

  /** Size of the messages that are kept, in bytes of JSON: 0 when they only are referred to. */
  get bytes(): number {
    return this.#messages === undefined ? 0 : this.#bytes;
  }

  /** For the run that continues this one. */
  carry(here: { readonly workflowId: string; readonly runId: string }): CarriedConversation {
    return this.#messages === undefined
      ? { type: 'run', workflowId: here.workflowId, runId: here.runId }
      : { type: 'messages', messages: this.#messages };
  }
}

/** Size of a value as JSON, in bytes of UTF-8. */
export function jsonBytes(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Two more for what takes three bytes; a surrogate is one of two units of a character of four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
