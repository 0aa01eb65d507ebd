import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  AgentActivities,
  AgentRunInput,
  CarriedConversation,
  CarriedState,
  ConversationItem,
  Message,
} from '../../../../src/workflow/protocol/index.ts';

const activities = proxyActivities<AgentActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
});
const call = (toolCallId: string): AgentActivities =>
  proxyActivities<AgentActivities>({
    activityId: toolCallId,
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: 1 },
  });

const onwards = defineSignal('onwards');

/** A loop without limits and waits, by the protocol. `metadata.continueAt`: after which step it continues as another run, and how. */
export async function perdureAgent(input: AgentRunInput): Promise<string> {
  const continueAt = (input.metadata?.['continueAt'] ?? {}) as Record<string, CarriedConversation['type']>;
  let signalled = false;
  setHandler(onwards, () => void (signalled = true));
  const definition =
    input.carried?.definition ??
    (await activities['agent.resolve']({ agent: input.agent, input: input.input })).definition;
  let delta = input.carried?.state.delta ?? [];
  for (let step = (input.carried?.state.step ?? 0) + 1; ; step += 1) {
    const turn = await activities['agent.callModel']({
      step,
      agent: input.agent,
      definitionHash: definition.hash,
      delta,
    });
    const next: ConversationItem[] = [];
    for (const decision of turn.decisions) {
      if (decision.type === 'complete') return decision.output as string;
      if (decision.type !== 'execute_tool') continue;
      const { toolCallId, tool } = decision;
      const item = { type: 'tool' as const, activityId: toolCallId, toolCallId, toolName: tool };
      const executed = call(toolCallId)['agent.executeTool']({
        tool,
        toolHash: '',
        toolCallId,
        input: null,
        idempotencyKey: toolCallId,
        caller: { agent: input.agent, rootWorkflowId: workflowInfo().workflowId },
      });
      await executed.catch(() => {});
      next.push(item);
    }
    delta = next;
    if (input.metadata?.['pauseAt'] === step) await condition(() => signalled);
    const how = continueAt[step];
    if (how === undefined) continue;
    const { workflowId, runId } = workflowInfo();
    const conversation: CarriedConversation =
      how === 'run'
        ? { type: 'run', workflowId, runId }
        : {
            type: 'messages',
            messages: [{ role: 'user', content: [{ type: 'text', text: 'Carried.' }] } satisfies Message],
          };
    const state = {
      step,
      delta: delta.map((item) => (item.type === 'message' ? item : { ...item, runId })),
    } as unknown as CarriedState;
    return continueAsNew<typeof perdureAgent>({ ...input, carried: { definition, conversation, state } });
  }
}
