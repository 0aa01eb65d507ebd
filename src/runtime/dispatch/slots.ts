import type { native } from '@temporalio/core-bridge';

type Info = native.SlotInfo;

/** The right to work on one task. */
export interface Slot {
  /** Says what the slot is used for. */
  markUsed(info: Info): void;
  /** Gives the slot back; calling it again does nothing. */
  release(): void;
}

/** Bounds how many tasks of a kind are worked on at once. */
export interface SlotPool {
  /** The greatest number of slots, as far as it is known beforehand. */
  readonly limit: number | undefined;
  /** A slot, as soon as there is one. Rejects when the signal aborts. */
  acquire(isSticky: boolean, signal: AbortSignal): Promise<Slot>;
  /** A slot, if there is one now. */
  tryAcquire(isSticky: boolean): Slot | undefined;
}

/** What a custom supplier is told about who asks. */
export interface SlotContext {
  readonly slotType: Info['type'];
  readonly taskQueue: string;
  readonly workerIdentity: string;
  readonly deploymentVersion: native.WorkerDeploymentVersion | null;
}

/** A slot whose use is nobody's business. @param onRelease called once. */
export function plainSlot(onRelease: () => void): Slot {
  let held = true;
  return {
    markUsed: () => undefined,
    release: () => {
      if (!held) return;
      held = false;
      onRelease();
    },
  };
}

/** Waiting for a slot was given up. */
export function gaveUp(): Error {
  return new Error('Gave up waiting for a slot');
}
