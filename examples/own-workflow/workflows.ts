import { askUser, callTool, runAgent, saga, waitFor } from 'perdure/workflow';
import type { investigator, reserve } from './agents.ts';

/** The steps are ours, in plain code; the agent does the part that needs one. Like any Temporal workflow it may take months. */
export async function handleComplaint(parcel: string): Promise<string> {
  const { output: findings } = await runAgent<typeof investigator>('investigator', {
    input: `Look up parcel ${parcel}.`,
  });

  const undo = saga();
  const { reservation } = await callTool<typeof reserve>('reserve_replacement', { parcel }, { saga: undo });

  const wish = await askUser(`${findings}\nDo you want a replacement or the money?`, {
    timeout: '7 days',
    default: 'money',
  });
  if (wish === 'money') {
    await undo.compensate();
    return `The money for ${parcel} is on its way.`;
  }

  const { approved } = await waitFor<{ approved: boolean }>({
    id: 'check',
    kind: 'approval',
    message: `Is ${reservation} packed well?`,
    timeout: '3 days',
  });
  if (!approved) await undo.compensate();
  return approved ? `The replacement for ${parcel} is on its way.` : `The replacement for ${parcel} was taken back.`;
}
