/** An amount in cents. */
export class Money {
  readonly cents: number;

  constructor(cents: number) {
    this.cents = cents;
  }
}

/** Whether a value is an amount, also one of another copy of this module. */
export function isMoney(value: unknown): value is Money {
  return typeof value === 'object' && value !== null && value.constructor.name === 'Money';
}
