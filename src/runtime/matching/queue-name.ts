/** Which queue a task waits in: queues of workflow tasks and of activity tasks with the same name are different ones. */
export interface QueueName {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'workflow' | 'activity';
}

/** The name as a key of maps. */
export function queueKey({ namespace, name, type }: QueueName): string {
  return `${type}\0${namespace}\0${name}`;
}
