import type { native } from '@temporalio/core-bridge';
import type { ResourceBasedController, ResourceBasedTunerOptions } from '@temporalio/worker';
import { extractNativeController } from '../../official.ts';
import { ResourceController } from './resource-controller.ts';
import { systemUsage } from './system-usage.ts';

/** The official class, as far as controllers are made by it. */
export interface OfficialControllers {
  /** Makes one. */
  create(options: ResourceBasedTunerOptions): ResourceBasedController;
}

/** Ours for those that users share between workers, by what the official worker knows of them. */
const shared = new WeakMap<object, ResourceController>();
const watched = new WeakSet<OfficialControllers>();

/** Has controllers that are made from now on decide about slots of our workers, too: the official ones do not tell their targets. */
export function watchControllers(official: OfficialControllers): void {
  if (watched.has(official)) return;
  watched.add(official);
  const create = official.create.bind(official);
  official.create = (options) => {
    const controller = create(options);
    shared.set(extractNativeController(controller), fromTargets(options));
    return controller;
  };
}

/** What decides about the slots of a worker's resource-based suppliers; `undefined` when it has none. @throws TypeError for a controller that nobody knows. */
export function controllerOf(config: native.ResourceBasedTunerConfig | null): ResourceController | undefined {
  if (config === null) return undefined;
  if (config.type === 'options') return fromTargets(config);
  const known = shared.get(config.controller);
  if (known === undefined)
    throw new TypeError(
      'The ResourceBasedController of this worker was made before an engine was opened. Make it later, or pass `tunerOptions`.',
    );
  return known;
}

function fromTargets({ targetMemoryUsage, targetCpuUsage }: ResourceBasedTunerOptions): ResourceController {
  return new ResourceController({ memory: targetMemoryUsage, cpu: targetCpuUsage }, systemUsage);
}
