/** The share of the sizes for a release that is tried; `CHAOS_SCALE`. */
const SCALE = Number(process.env['CHAOS_SCALE'] ?? 0.02);

/** How many kills each test makes; `CHAOS_KILLS`. */
export const KILLS: number = Number(process.env['CHAOS_KILLS'] ?? 2);

/** What chance begins with; `CHAOS_SEED`. */
export const SEED: number = Number(process.env['CHAOS_SEED'] ?? 1);

/** A run of the workload takes more commits than that; the later ones are met by the processes that resume it. */
const COMMITS = 45;

/** No measure of speed: also machines with a lot else to do come to an end. In milliseconds. */
export const TIMEOUT: number = 180_000 + KILLS * 20_000 + SCALE * 900_000;

/** How many of something, of which a release tries so many. */
export function scaled(atRelease: number): number {
  return Math.max(1, Math.ceil(atRelease * SCALE));
}

/** The commit at which the nth process is killed: spread over a run's commits; with as many kills as commits, each is hit. */
export function commitOf(kill: number, kills: number): number {
  return 1 + Math.floor((((kill + SEED / 2) % kills) / kills) * COMMITS);
}
