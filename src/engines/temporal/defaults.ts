import type { CompiledWorkflowOptions, WorkflowClientInterceptor } from '@temporalio/client';
import { msToTs } from '../../official.ts';
import type { TemporalWorkflowDefaults } from './config.ts';

/** Sets the default timeouts on every start that has none of its own: plain, with a signal, with an update. */
export function defaultTimeouts(defaults: TemporalWorkflowDefaults): WorkflowClientInterceptor {
  const timeouts = {
    ...timeout('workflowExecutionTimeout', defaults),
    ...timeout('workflowRunTimeout', defaults),
    ...timeout('workflowTaskTimeout', defaults),
  };
  const fill = (options: CompiledWorkflowOptions): CompiledWorkflowOptions => {
    const own = Object.entries(options).filter(([, value]) => value !== undefined);
    return { ...options, ...timeouts, ...(Object.fromEntries(own) as CompiledWorkflowOptions) };
  };
  return {
    startWithDetails: (input, next) => next({ ...input, options: fill(input.options) }),
    signalWithStart: (input, next) => next({ ...input, options: fill(input.options) }),
    startUpdateWithStart: (input, next) => next({ ...input, workflowStartOptions: fill(input.workflowStartOptions) }),
  };
}

type TimeoutName = 'workflowExecutionTimeout' | 'workflowRunTimeout' | 'workflowTaskTimeout';

function timeout(name: TimeoutName, defaults: TemporalWorkflowDefaults): Partial<CompiledWorkflowOptions> {
  const value = defaults[name];
  return value === undefined ? {} : { [name]: msToTs(value) };
}
