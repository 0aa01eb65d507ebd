import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MOCK_ACTIVITY, mockedType } from '../crew/mock-children.ts';

/** An activity, or what stands for a workflow. Its arguments are what the caller gives. */
export type Implementation = (...args: never[]) => unknown;

/** Activities of a worker that may be replaced while it works. */
export class MockableActivities {
  readonly #real: Readonly<Record<string, Implementation>>;
  readonly #mocks = new Map<string, Implementation>();
  readonly #workflows = new Map<string, Implementation>();

  constructor(real: Readonly<Record<string, Implementation>>) {
    this.#real = real;
  }

  /** Replaces an activity, or adds one. */
  mock(type: string, implementation: Implementation): void {
    this.#mocks.set(type, implementation);
  }

  /** Plays workflows of a type. */
  mockWorkflow(type: string, implementation: Implementation): void {
    this.#workflows.set(type, implementation);
  }

  /** Whether workflows of a type are played. */
  isMocked(workflowType: string): boolean {
    return this.#workflows.has(workflowType);
  }

  /** For the worker. */
  forWorker(): Record<string, Implementation> {
    const call =
      (type: string): Implementation =>
      (...args) =>
        this.#find(type)(...args);
    const known = Object.keys(this.#real).map((type) => [type, call(type)] as const);
    // The worker calls this one for all that it does not know.
    return { ...Object.fromEntries(known), default: (...args) => this.#find(activityInfo().activityType)(...args) };
  }

  #find(type: string): Implementation {
    const workflowType = mockedType(activityInfo().activityId);
    const found =
      type === MOCK_ACTIVITY ? this.#workflows.get(workflowType) : (this.#mocks.get(type) ?? this.#real[type]);
    if (found !== undefined) return found;
    throw ApplicationFailure.nonRetryable(
      `There is no activity ${JSON.stringify(type)} in this test: pass it as one of \`activities\`, or use mockActivities.`,
      'NotFoundError',
    );
  }
}
