import type { EventCall } from '../../client/events/event.ts';
import type { Json, ToolOutput } from '../../workflow/protocol/index.ts';
import { uiOutput } from './ui-content.ts';
import type { UiChunk } from './ui-chunk.ts';

interface KnownCall extends EventCall {
  /** Whether the message that is being sent has it. */
  isShown: boolean;
  isDone: boolean;
}

/** The calls of a run as parts of a UI message. A call is always there before what came of it, also in a message that begins in between. */
export class UiCalls {
  readonly #calls = new Map<string, KnownCall>();

  /** Calls without a result, by their ids. */
  get undone(): readonly string[] {
    return [...this.#calls.values()].flatMap(({ isDone, toolCallId }) => (isDone ? [] : [toolCallId]));
  }

  /** From now on another message is sent, which has none of them. */
  forgetShown(): void {
    for (const call of this.#calls.values()) call.isShown = false;
  }

  /** Whether the message that is being sent has the call. */
  isShown(toolCallId: string): boolean {
    return this.#calls.get(toolCallId)?.isShown ?? false;
  }

  /** A call is made. Doing so again does no harm. */
  made({ toolCallId, toolName, input }: EventCall): UiChunk[] {
    if (!this.#calls.has(toolCallId)) {
      this.#calls.set(toolCallId, { toolCallId, toolName, input, isShown: false, isDone: false });
    }
    return this.show(toolCallId);
  }

  /** Makes sure that the message has a call; nothing when there is no such call. */
  show(toolCallId: string): UiChunk[] {
    const call = this.#calls.get(toolCallId);
    if (call === undefined || call.isShown) return [];
    call.isShown = true;
    const { toolName, input } = call;
    return [{ type: 'tool-input-available', toolCallId, toolName, input, providerExecuted: true }];
  }

  /** What came of a call. */
  completed(toolCallId: string, output: ToolOutput): UiChunk[] {
    if (output.type === 'error') return this.failed(toolCallId, output.value);
    return this.#done(toolCallId, {
      type: 'tool-output-available',
      toolCallId,
      output: uiOutput(output),
      providerExecuted: true,
    });
  }

  /** What a sub-agent or a user said. */
  returned(toolCallId: string, output: Json): UiChunk[] {
    return this.#done(toolCallId, { type: 'tool-output-available', toolCallId, output, providerExecuted: true });
  }

  /** Why nothing came of a call. */
  failed(toolCallId: string, errorText: string): UiChunk[] {
    return this.#done(toolCallId, { type: 'tool-output-error', toolCallId, errorText, providerExecuted: true });
  }

  /** A person does not want it. */
  denied(toolCallId: string): UiChunk[] {
    return this.#done(toolCallId, { type: 'tool-output-denied', toolCallId });
  }

  /** Something came of a call that need not be shown. */
  settled(toolCallId: string): UiChunk[] {
    const call = this.#calls.get(toolCallId);
    if (call !== undefined) call.isDone = true;
    return [];
  }

  #done(toolCallId: string, chunk: UiChunk): UiChunk[] {
    const call = this.#calls.get(toolCallId);
    // Made by an earlier run of the chain that nobody remembers.
    if (call === undefined) return [];
    call.isDone = true;
    return [...this.show(toolCallId), chunk];
  }
}
