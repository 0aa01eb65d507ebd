import type { AssistantMessage, Decision, ModelTurn } from '../../workflow/protocol/index.ts';
import { decideAnswer } from './answer.ts';
import { decideCall, type DecideContext } from './decide.ts';
import type { MessageDraft } from './draft.ts';
import { cut, MAX_TURN_BYTES } from './limits.ts';
import { makeMessage, type MadeMessage } from './message.ts';

const keptOfTooLarge = 2000;

/** What a model said, as it enters history, and what is to be done about it. */
export async function makeTurn(
  draft: MessageDraft,
  step: number,
  modelId: string,
  context: DecideContext,
): Promise<ModelTurn> {
  const made = makeMessage(draft, step);
  const turn = {
    usage: draft.usage,
    finishReason: draft.finishReason ?? 'other',
    model: cut(draft.model ?? modelId, 200),
  };
  if (draft.tooLarge || sizeOf(made.message) > MAX_TURN_BYTES) return { ...turn, ...tooLarge(made) };
  const decisions =
    made.calls.length > 0
      ? await Promise.all(made.calls.map((call) => decideCall(call, context)))
      : [await decideAnswer(made, context, draft.finishReason === 'length')];
  return withinSize({ ...turn, message: made.message, decisions }, made);
}

/** Decisions repeat what is in the message: the output of `complete`, the question for a user. */
function withinSize(turn: ModelTurn, made: MadeMessage): ModelTurn {
  return sizeOf(turn) > MAX_TURN_BYTES ? { ...turn, ...tooLarge(made) } : turn;
}

/** Calls of such a message are not made either: half of what was meant may be worse than nothing. */
function tooLarge({ text }: MadeMessage): { message: AssistantMessage; decisions: readonly Decision[] } {
  const beginning = cut(text.slice(0, keptOfTooLarge + 1), keptOfTooLarge);
  return {
    message: { role: 'assistant', content: beginning.trim() === '' ? [] : [{ type: 'text', text: beginning }] },
    decisions: [
      {
        type: 'refuse_message',
        error: `Your message was larger than ${MAX_TURN_BYTES} bytes, so only its beginning was kept and nothing of it was done. Be shorter.`,
      },
    ],
  };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
