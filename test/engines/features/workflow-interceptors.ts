import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Shouts what comes in, whispers what goes out. */
export function interceptors(): WorkflowInterceptors {
  return {
    inbound: [
      {
        execute: async (input, next) => {
          const [name] = input.args;
          const result = await next({ ...input, args: [String(name).toUpperCase()] });
          return `${String(result)}!`;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: async (input, next) => {
          const header = input.headers['who'];
          return await next({ ...input, headers: header === undefined ? {} : { who: header } });
        },
      },
    ],
  };
}
