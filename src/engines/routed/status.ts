import type { Engine, EngineHealth, EngineInfo, ReconcileOptions, ReconcileResult } from '../../engine/index.ts';
import type { Part } from './part.ts';

/** What a routed engine is, and each of those behind it. */
export interface RoutedEngineInfo extends EngineInfo {
  /** By their names in the configuration. */
  readonly engines: Readonly<Record<string, EngineInfo>>;
}

/** How a routed engine is, and each of those behind it. */
export interface RoutedEngineHealth extends EngineHealth {
  /** By their names in the configuration. */
  readonly engines: Readonly<Record<string, EngineHealth>>;
}

/** What can be relied on whichever engine a run is on: what all can, and the narrowest limits. */
export async function infoOf(name: string, version: string, parts: readonly Part[]): Promise<RoutedEngineInfo> {
  const infos = await Promise.all(parts.map(async (part) => [part.name, await part.engine.info()] as const));
  const limits: Record<string, number> = {};
  for (const [, info] of infos) {
    for (const [limit, value] of Object.entries(info.limits)) limits[limit] = Math.min(value, limits[limit] ?? value);
  }
  const features = commonOf(infos.map(([, info]) => info.features));
  return { name, version, features, limits, engines: Object.fromEntries(infos) };
}

/** `unhealthy` when none is healthy, `degraded` when not all are. */
export async function healthOf(version: string, parts: readonly Part[], uptime: number): Promise<RoutedEngineHealth> {
  const healths = await Promise.all(parts.map(async (part) => [part.name, await part.engine.health()] as const));
  const all = healths.map(([, health]) => health);
  const isAll = (status: EngineHealth['status']): boolean => all.every((health) => health.status === status);
  const counts = all.map(({ queuedRuns }) => queuedRuns);
  const errors = healths.flatMap(([name, { error }]) => (error === undefined ? [] : [`${name}: ${error}`]));
  return {
    status: isAll('healthy') ? 'healthy' : isAll('unhealthy') ? 'unhealthy' : 'degraded',
    version,
    uptime,
    activeRuns: sum(all.map(({ activeRuns }) => activeRuns)),
    queuedRuns: counts.every((count) => count !== undefined) ? sum(counts) : undefined,
    capabilities: commonOf(all.map(({ capabilities }) => capabilities)),
    error: errors.length === 0 ? undefined : errors.join(' '),
    engines: Object.fromEntries(healths),
  };
}

/** Looks at the unfinished runs of all engines that can leave some behind. The figures are those of all together. */
export async function reconcileAll(
  engines: readonly Engine[],
  options: ReconcileOptions | undefined,
): Promise<ReconcileResult> {
  const results = await Promise.all(engines.map(async (engine) => await engine.reconcile?.(options)));
  const total = (name: keyof ReconcileResult): number => sum(results.map((result) => result?.[name] ?? 0));
  return {
    scannedKeys: total('scannedKeys'),
    stalledRuns: total('stalledRuns'),
    reconciledRuns: total('reconciledRuns'),
    failedRuns: total('failedRuns'),
  };
}

function commonOf([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  return first.filter((each) => others.every((other) => other.includes(each)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
