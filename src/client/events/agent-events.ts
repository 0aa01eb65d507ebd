import type { ChildEnd } from '../../workflow/protocol/index.ts';
import type { AgentRunReference, EventBody } from './event.ts';
import type { Ending, Fact } from './facts.ts';
import { isResult, isRunInput, outputOf } from './shapes.ts';

/** Events of sub-agents. Each end is told once, though it may stand in history twice: as the child's own, and as its report. */
export class AgentEvents {
  readonly #running = new Map<string, AgentRunReference>();
  readonly #ended = new Set<string>();

  /** A child was started; one that runs no agent is the author's own. */
  started({ workflowId, input }: Extract<Fact, { readonly kind: 'child-started' }>): EventBody[] {
    if (!isRunInput(input)) return [];
    const reference = { toolCallId: input.lineage?.toolCallId ?? '', agent: input.agent, workflowId };
    this.#running.set(workflowId, reference);
    return [{ type: 'agent_called', ...reference, input: input.input }];
  }

  /** A child, or somebody who asked, says how it has ended. */
  reported(workflowId: string, end: ChildEnd): EventBody[] {
    if (end.type === 'completed') return this.ended(workflowId, { result: end.result });
    return this.ended(workflowId, { failure: { type: 'Error', message: end.message } });
  }

  /** A child has ended. */
  ended(workflowId: string, ending: Ending): EventBody[] {
    // It may have been started by a run before this one; its id says then who it is.
    const reference = this.#running.get(workflowId) ?? fromId(workflowId);
    if (reference === undefined || this.#ended.has(workflowId)) return [];
    this.#ended.add(workflowId);
    if ('failure' in ending) return [{ type: 'agent_failed', ...reference, error: ending.failure }];
    const { result } = ending;
    const spent = isResult(result) ? result.spent : undefined;
    return [{ type: 'agent_completed', ...reference, output: outputOf(result), spent }];
  }
}

/** `<id of the caller's run>/<id of the call>.<agent>`. */
const CHILD_ID = /\/(?<toolCallId>[^/]+)\.(?<agent>[^/.]+)$/;

function fromId(workflowId: string): AgentRunReference | undefined {
  const { toolCallId, agent } = CHILD_ID.exec(workflowId)?.groups ?? {};
  return toolCallId === undefined || agent === undefined ? undefined : { toolCallId, agent, workflowId };
}
