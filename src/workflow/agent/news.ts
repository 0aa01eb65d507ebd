import type { ConversationItem, Message, ToolOutput } from '../protocol/index.ts';
import { calledName, type Call } from './call.ts';
import { resultItem, resultMessage } from './outputs.ts';

/** Something new in the conversation: as it is sent to the model activity, and in full where the workflow knows it. */
export interface News {
  readonly item: ConversationItem;
  /** Unknown when it stands in the history of an earlier run only. */
  readonly message?: Message;
}

/** What came of a call, when it stands nowhere in history. */
export function toldByValue(call: Call, output: ToolOutput): News {
  const name = calledName(call.decision);
  return {
    item: resultItem(call.decision.toolCallId, name, output),
    message: resultMessage(call.decision.toolCallId, name, output),
  };
}

/** What came of a call, when it stands in history. */
export function toldByReference(call: Call, output: ToolOutput, item: ConversationItem): News {
  return { item, message: resultMessage(call.decision.toolCallId, calledName(call.decision), output) };
}
