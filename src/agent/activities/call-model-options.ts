import type { ModelOptions } from '../models/options.ts';
import type { TokenChannel } from '../token-channel.ts';
import type { AgentFinder } from '../turn/finder.ts';

/** What `createCallModel` needs of the worker. It returns the activity `agent.callModel`. */
export interface CallModelOptions {
  readonly agents: AgentFinder;
  readonly models?: ModelOptions;
  /** Where models can be heard while they speak. Default: nowhere. */
  readonly tokens?: TokenChannel;
}
