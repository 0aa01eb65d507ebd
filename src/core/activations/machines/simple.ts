import { Machine } from './machine.ts';

/** A command of which nothing but its own event comes back: workflow completion, search attributes, memo. */
export class SimpleMachine extends Machine {
  constructor(name: string, label: string, commandName: string, eventName: string) {
    super(
      name,
      label,
      {
        Created: { [`Command${commandName}`]: 'Created', [eventName]: 'Recorded' },
      },
      'Created',
    );
  }

  protected override onEvent(): void {}
}
