import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers, WorkflowInterceptors } from '@temporalio/workflow';
import { workflowInfo } from '@temporalio/workflow';
import { seen } from './intercepted.ts';

const key = 'trace';

/** Interceptors of the workflows `traced…`, none for others: they note the header `trace` and pass it on. */
export function interceptors(): WorkflowInterceptors {
  if (!workflowInfo().workflowType.startsWith('traced')) return {};
  let headers: Headers = {};
  const note = (what: string, from: Headers): void => {
    const payload = from[key];
    seen.push(`${what} ${payload ? defaultPayloadConverter.fromPayload<string>(payload) : 'nothing'}`);
  };
  return {
    inbound: [
      {
        async execute(input, next) {
          headers = input.headers;
          note('execute', headers);
          return await next(input);
        },
        async handleSignal(input, next) {
          note(`signal ${input.signalName}`, input.headers);
          await next(input);
        },
        async handleQuery(input, next) {
          const answer = (await next(input)) as unknown[];
          const payload = input.headers[key];
          return payload ? [...answer, defaultPayloadConverter.fromPayload<string>(payload)] : answer;
        },
        async handleUpdate(input, next) {
          note(`update ${input.name}`, input.headers);
          return await next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: async (input, next) => await next({ ...input, headers: { ...input.headers, ...headers } }),
        startChildWorkflowExecution: async (input, next) =>
          await next({ ...input, headers: { ...input.headers, ...headers } }),
      },
    ],
  };
}
