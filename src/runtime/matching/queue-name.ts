/** Which queue a task waits in: queues of workflow tasks and of activity tasks with the same name are different ones. */
export interface QueueName {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'workflow' | 'activity';
}
