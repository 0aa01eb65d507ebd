import type { HistoryEvent } from '../proto.ts';
import type { temporal } from '@temporalio/proto';

type CompletedAttributes = NonNullable<HistoryEvent['workflowTaskCompletedEventAttributes']>;
type SdkMetadata = temporal.api.sdk.v1.IWorkflowTaskCompletedMetadata;

/** Behaviours of an sdk-core that changed what it writes into history. A run keeps those that it was started with. */
export const CoreFlag: {
  readonly idAndTypeChecks: 1;
  readonly upsertOnPatch: 2;
  readonly moveTerminalCommands: 3;
} = {
  /** Ids and types of activities and children are compared with history. */
  idAndTypeChecks: 1,
  /** `patched` also upserts the search attribute `TemporalChangeVersion`. */
  upsertOnPatch: 2,
  /** Commands after a terminal command are kept and moved before it. */
  moveTerminalCommands: 3,
};

const ALL_CORE_FLAGS: readonly number[] = Object.values(CoreFlag);

/** The flags that a run has used so far, of this core and of the language side. */
export class InternalFlags {
  readonly #core = new Set<number>();
  readonly #lang = new Set<number>();
  readonly #newCore = new Set<number>();
  readonly #newLang = new Set<number>();
  readonly #sdkName: string;
  readonly #sdkVersion: string;
  #lastSdkName = '';
  #lastSdkVersion = '';

  constructor(sdkName: string, sdkVersion: string) {
    this.#sdkName = sdkName;
    this.#sdkVersion = sdkVersion;
  }

  /** All language-side flags that history has, in order. */
  get lang(): number[] {
    return [...this.#lang].toSorted((a, b) => a - b);
  }

  /** The version of the SDK that completed the latest workflow task; empty when unknown. */
  get lastSdkVersion(): string {
    return this.#lastSdkVersion;
  }

  /** Takes over what a `WorkflowTaskCompleted` recorded. */
  addFromCompleted(attributes: CompletedAttributes): void {
    const metadata = attributes.sdkMetadata;
    for (const flag of metadata?.coreUsedFlags ?? []) this.#core.add(flag);
    for (const flag of metadata?.langUsedFlags ?? []) this.#lang.add(flag);
    if (metadata?.sdkName) this.#lastSdkName = metadata.sdkName;
    if (metadata?.sdkVersion) this.#lastSdkVersion = metadata.sdkVersion;
  }

  addLangUsed(flags: Iterable<number>): void {
    for (const flag of flags) this.#newLang.add(flag);
  }

  /** Whether a behaviour applies. With `record` (not replaying) it does, and is remembered; without, only if history says so. */
  tryUse(flag: number, record: boolean): boolean {
    if (!record) return this.#core.has(flag);
    this.#newCore.add(flag);
    return true;
  }

  /** Remembers all behaviours as used. Only when a workflow task is about to be completed. */
  writeAllKnown(): void {
    for (const flag of ALL_CORE_FLAGS) this.#newCore.add(flag);
  }

  /** What the next completion has to record: the news since the last one. */
  gatherForCompletion(): SdkMetadata {
    const metadata: SdkMetadata = {
      coreUsedFlags: [...this.#newCore].filter((flag) => !this.#core.has(flag)),
      langUsedFlags: [...this.#newLang].filter((flag) => !this.#lang.has(flag)),
      sdkName: this.#lastSdkName === this.#sdkName ? '' : this.#sdkName,
      sdkVersion: this.#lastSdkVersion === this.#sdkVersion ? '' : this.#sdkVersion,
    };
    for (const flag of this.#newCore) this.#core.add(flag);
    for (const flag of this.#newLang) this.#lang.add(flag);
    return metadata;
  }
}
