import type { RunMetrics } from '../../client/inspect/types.ts';
import type { RunInfo } from '../../client/status.ts';
import type { Json } from '../../workflow/protocol/index.ts';
import type { CliOutput } from '../output.ts';
import { brief, hanging, readable } from '../text/brief.ts';
import { oneLine, safe } from '../text/escape.ts';
import { statusStyle } from '../text/status.ts';
import { duration, moment } from '../text/time.ts';

/** What a run came to. */
export type Ending =
  | { readonly output: Json; readonly finish: 'complete' | 'limit' }
  | { readonly error: { readonly type: string; readonly message: string } };

/** What is told of a run. */
export interface Overview {
  readonly run: RunInfo;
  readonly metrics: RunMetrics;
  readonly ending: Ending | undefined;
  readonly iso: boolean | undefined;
}

const INDENT = ' '.repeat(12);

/** A run in a few lines. */
export function overviewOf({ run, metrics, ending, iso }: Overview, output: CliOutput): string {
  const style = statusStyle(run.status);
  const rows: (readonly [name: string, text: string])[] = [
    ['run', output.style('bold', oneLine(run.id))],
    ['agent', `${oneLine(run.agent)} on the task queue ${oneLine(run.taskQueue)}`],
    ['status', style === undefined ? run.status : output.style(style, run.status)],
    ['started', moment(run.startedAt, { iso })],
    ['took', `${duration(metrics.totalDuration)}, at work for ${duration(metrics.activeDuration)}`],
    ['did', didOf(metrics)],
    ['tokens', tokensOf(metrics)],
    ...costOf(metrics),
    ...run.waits.map(({ kind, id, message, call }) => {
      const about = call === undefined ? '' : ` ${oneLine(call.toolName)} ${brief(call.input)}`;
      return ['waits for', `${kind} ${output.style('dim', oneLine(id))}${about}: ${safe(message)}`] as const;
    }),
    ...endingRows(ending),
  ];
  return rows
    .map(([name, text]) => `${output.style('dim', name.padEnd(INDENT.length))}${hanging(text, INDENT)}\n`)
    .join('');
}

function didOf({ stepCount, llmCallCount, toolCallCount, agentCallCount }: RunMetrics): string {
  return `${counted(stepCount, 'step')}: ${counted(llmCallCount, 'model call')}, ${counted(toolCallCount, 'tool call')}, ${counted(agentCallCount, 'agent call')}`;
}

function tokensOf({ tokens, subAgents }: RunMetrics): string {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = tokens;
  const below = subAgents.inputTokens + subAgents.outputTokens;
  return [
    `${inputTokens} in${cachedInputTokens > 0 ? ` (${cachedInputTokens} cached)` : ''}`,
    `${outputTokens} out${reasoningTokens > 0 ? ` (${reasoningTokens} reasoning)` : ''}`,
    ...(below > 0 ? [`${below} of sub-agents`] : []),
  ].join(', ');
}

function costOf({ cost }: RunMetrics): readonly (readonly [string, string])[] {
  if (cost === undefined) return [];
  const unpriced = cost.unpriced.length === 0 ? '' : `, without ${cost.unpriced.map(oneLine).join(', ')}`;
  return [['cost', `${cost.amount.toFixed(4)} ${cost.currency}${unpriced}`]];
}

function endingRows(ending: Ending | undefined): readonly (readonly [string, string])[] {
  if (ending === undefined) return [];
  if ('error' in ending) return [['error', safe(`${ending.error.message} (${ending.error.type})`)]];
  return [[ending.finish === 'limit' ? 'so far' : 'result', readable(ending.output)]];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
