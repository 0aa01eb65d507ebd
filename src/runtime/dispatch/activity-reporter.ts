import type { coresdk } from '@temporalio/proto';
import type { Failure, Payload } from '../../core/proto.ts';
import { grpcStatus, hasCode, isMessageTooLarge } from '../errors.ts';
import type { ResponseOf, WorkflowServiceApi } from '../service.ts';
import type { DispatchOptions } from './options.ts';
import { withRetry } from './rpc.ts';
import { deploymentOptionsOf, versionStampOf } from './versioning.ts';

type Result = coresdk.activity_result.IActivityExecutionResult;

const SHUTDOWN_FAILURE: Failure = {
  message: 'Worker is shutting down and this activity did not complete in time',
  applicationFailureInfo: { type: 'WorkerShutdown', nonRetryable: false },
};

/** Tells the server what came of activities. */
export class ActivityReporter {
  readonly #service: WorkflowServiceApi;
  readonly #options: DispatchOptions;

  constructor(service: WorkflowServiceApi, options: DispatchOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** Sends a heartbeat; the answer says whether the activity should stop. */
  async heartbeat(
    taskToken: Uint8Array,
    details: readonly Payload[],
  ): Promise<ResponseOf<'recordActivityTaskHeartbeat'>> {
    const { namespace, identity, clock } = this.#options;
    const payloads = details.length > 0 ? { payloads: [...details] } : null;
    const request = { namespace, identity, taskToken, details: payloads };
    return await withRetry(clock, () => this.#service.recordActivityTaskHeartbeat(request));
  }

  /**
   * Reports an outcome; one that will come later, by other means, is none. Never rejects: an activity that is not known any more has no use
   * for it.
   * @param byShutdown the activity was cancelled because the worker stops: a failure, so that it is retried elsewhere at once
   */
  async report(
    taskToken: Uint8Array,
    result: Result,
    lastDetails: readonly Payload[] | undefined,
    byShutdown: boolean,
  ): Promise<void> {
    const { log } = this.#options;
    try {
      if (result.completed) await this.#complete(taskToken, result.completed.result, lastDetails);
      else if (result.failed) await this.#fail(taskToken, result.failed.failure, lastDetails);
      else if (result.cancelled && byShutdown) await this.#fail(taskToken, SHUTDOWN_FAILURE, lastDetails);
      else if (result.cancelled) await this.#cancel(taskToken, result.cancelled.failure);
    } catch (error) {
      const gone = hasCode(error, grpcStatus.NOT_FOUND);
      if (gone) log.debug('Activity not found on completion: it was cancelled or has timed out', { error });
      else log.warn('The outcome of an activity could not be reported', { error });
    }
  }

  async #complete(
    taskToken: Uint8Array,
    payload: Payload | null | undefined,
    lastDetails: readonly Payload[] | undefined,
  ): Promise<void> {
    const result = payload ? { payloads: [payload] } : null;
    const request = { ...this.#common(taskToken), result };
    try {
      await withRetry(this.#options.clock, () => this.#service.respondActivityTaskCompleted(request));
    } catch (error) {
      if (!isMessageTooLarge(error)) throw error;
      const applicationFailureInfo = { type: 'GrpcMessageTooLarge', nonRetryable: true };
      await this.#fail(taskToken, { message: 'GRPC Message too large', applicationFailureInfo }, lastDetails);
    }
  }

  async #fail(
    taskToken: Uint8Array,
    failure: Failure | null | undefined,
    lastDetails: readonly Payload[] | undefined,
  ): Promise<void> {
    const lastHeartbeatDetails = lastDetails?.length ? { payloads: [...lastDetails] } : null;
    const request = { ...this.#common(taskToken), failure: failure ?? null, lastHeartbeatDetails };
    await withRetry(this.#options.clock, () => this.#service.respondActivityTaskFailed(request));
  }

  async #cancel(taskToken: Uint8Array, failure: Failure | null | undefined): Promise<void> {
    const details = failure?.canceledFailureInfo?.details ?? null;
    const request = { ...this.#common(taskToken), details };
    await withRetry(this.#options.clock, () => this.#service.respondActivityTaskCanceled(request));
  }

  #common(taskToken: Uint8Array): {
    namespace: string;
    identity: string;
    taskToken: Uint8Array;
    workerVersion: ReturnType<typeof versionStampOf>;
    deploymentOptions: ReturnType<typeof deploymentOptionsOf>;
  } {
    const { namespace, identity, version } = this.#options;
    return {
      namespace,
      identity,
      taskToken,
      workerVersion: versionStampOf(version),
      deploymentOptions: deploymentOptionsOf(version),
    };
  }
}
