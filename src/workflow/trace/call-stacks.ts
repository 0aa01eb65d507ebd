import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** What a replay offers that wants to know where calls come from. */
interface ReplaySinks extends Sinks {
  readonly perdureReplay: {
    /** Hears of a call: what it is, its number within the run, and the stack of who makes it. */
    called(kind: string, seq: number, stack: string): void;
  };
}

const { perdureReplay } = proxySinks<ReplaySinks>();

/** Tells where in the code each call comes from. It changes nothing that a replay would compare. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        tell('scheduleActivity', input.seq);
        return next(input);
      },
      startTimer: (input, next) => {
        tell('startTimer', input.seq);
        return next(input);
      },
      startChildWorkflowExecution: (input, next) => {
        tell('startChildWorkflowExecution', input.seq);
        return next(input);
      },
      signalWorkflow: (input, next) => {
        tell('signalExternalWorkflowExecution', input.seq);
        return next(input);
      },
    },
  ],
});

/** Interceptors come first in a stack: the caller is further down than stacks reach by default. */
const DEPTH = 60;

function tell(kind: string, seq: number): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  const stack = new Error(kind).stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  perdureReplay.called(kind, seq, stack);
}
