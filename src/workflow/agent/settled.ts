import type { ConversationItem, ToolOutput } from '../protocol/index.ts';
import type { News } from './agent-run.ts';
import { calledName, type Call } from './call.ts';
import { resultItem, resultMessage } from './outputs.ts';

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
