import type { AgentRegistry } from '../registry.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TokenChannel } from '../token-channel.ts';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ActivityDefaults } from '../../workflow/protocol/index.ts';

/** What the activities behind the loop stand on. */
export interface AgentActivityOptions {
  /** What the worker serves. */
  readonly registry: AgentRegistry;
  /** What tools are given as `context.deps`. */
  readonly deps?: unknown;
  /** Signs completion tokens. Whoever has it may complete any async tool call. */
  readonly secret: string | Uint8Array;
  /** Makes the model of an id such as `openai/gpt-5-mini`. Default: from the installed package of the provider. */
  readonly models?: (id: string) => LanguageModelV4 | Promise<LanguageModelV4>;
  /** Carries what models say while they say it. Default: nothing does. */
  readonly tokens?: TokenChannel;
  /** What the engine says about times and retries of which definitions say nothing. */
  readonly activityDefaults?: ActivityDefaults | undefined;
  /** Hears of model calls. Default: nobody does. */
  readonly telemetry?: Pick<Telemetry, 'modelCalled'>;
}
