import type { WorkflowInfo } from '@temporalio/workflow';
import {
  invokePatchActivationCallback,
  native,
  type PatchActivationCallback,
  type WorkflowBundleWithSourceMapAndFilename,
} from '../official.ts';
import { officialTypes } from './activation-definitions.ts';
import { Executor } from './executor.ts';
import { Lane } from './lane.ts';
import { Realm } from './realm.ts';
import { forgetStackTraces, installStackTraces } from './stack-traces.ts';

/** What an inline realm is made of. */
export interface InlineOptions {
  readonly bundle: WorkflowBundleWithSourceMapAndFilename;
  readonly registeredActivityNames: Set<string>;
  readonly stackTraces: boolean;
  readonly patchActivationCallback?: PatchActivationCallback | undefined;
  readonly getTimeOfDay?: (() => bigint) | undefined;
}

/** A realm on the calling thread, for tests and debuggers: no limit of time or memory holds here. */
export interface InlineRealm {
  readonly lane: Lane;
  close(): void;
}

/** Makes a realm on the calling thread. */
export async function createInlineRealm(options: InlineOptions): Promise<InlineRealm> {
  const { bundle, getTimeOfDay, patchActivationCallback, stackTraces } = options;
  await installStackTraces(bundle, stackTraces);
  const realm = new Realm({ bundle, getTimeOfDay, freezeOuter: false });
  const askAboutPatch =
    patchActivationCallback &&
    ((info: WorkflowInfo, patchId: string): boolean =>
      invokePatchActivationCallback(patchActivationCallback, info, patchId));
  const executor = new Executor({
    realm,
    types: officialTypes,
    runtime: {
      sourceMap: bundle.sourceMap,
      registeredActivityNames: options.registeredActivityNames,
      getTimeOfDay: getTimeOfDay ?? native.getTimeOfDay,
      stackTracesEnabled: stackTraces,
      ...(askAboutPatch === undefined ? {} : { patchActivationCallback: askAboutPatch }),
    },
    progress: new Int32Array(1),
    // As between threads: what comes back shares nothing with the realm.
    post: (message) => lane.receive(structuredClone(message)),
    setTime: () => undefined,
  });
  const lane: Lane = new Lane((batch) => executor.accept(structuredClone(batch)), getTimeOfDay);
  const onRejection = (reason: unknown): void => {
    // A rejection of somebody else ends the process as usual, unless others listen for it too.
    if (!executor.blame(reason) && process.listenerCount('unhandledRejection') === 1) throw reason;
  };
  process.on('unhandledRejection', onRejection);
  return {
    lane,
    close: () => {
      process.off('unhandledRejection', onRejection);
      try {
        realm.call(undefined, 'destroy');
      } finally {
        forgetStackTraces(bundle);
      }
    },
  };
}
