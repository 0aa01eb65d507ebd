import type { KillPoint } from '../fixtures/member-config.ts';

/** The share of the sizes for a release that is tried; `CHAOS_SCALE`. */
const SCALE = Number(process.env['CHAOS_SCALE'] ?? 0.02);

/** How many kills each test makes; `CHAOS_KILLS`. */
export const KILLS: number = Number(process.env['CHAOS_KILLS'] ?? 2);

/** What chance begins with; `CHAOS_SEED`. */
export const SEED: number = Number(process.env['CHAOS_SEED'] ?? 1);

/** A run of the workload takes more commits than that; the later ones are met by the processes that resume it. */
const COMMITS = 45;

/** No measure of speed: also machines with a lot else to do come to an end. In milliseconds. */
export const TIMEOUT: number = 180_000 + KILLS * 60_000 + SCALE * 900_000;

/** How many of something, of which a release tries so many. */
export function scaled(atRelease: number): number {
  return Math.max(1, Math.ceil(atRelease * SCALE));
}

/** With as many kills as that, each commit of a run is one. */
const EACH = 45;

/** Fewer commits than a run of its kind takes for certain, where nobody is killed. */
const COMMITS_OF = { mixed: 40, agent: 25 };

/**
 * Where somebody is killed, one run after the other: at each commit, on both sides of it, for as long as runs have so many; or at some, that are spread over
 * a run.
 * @param salt gives others of them.
 */
export function* killPoints(
  kind: keyof typeof COMMITS_OF,
  salt: number,
): Generator<Pick<KillPoint, 'when' | 'commit'>> {
  const count = KILLS < EACH ? Math.ceil(KILLS / 2) : Infinity;
  for (let kill = 0; kill < count; kill++) {
    const when = (kill + SEED + salt) % 2 === 0 ? 'before' : 'after';
    const place = (kill + (((SEED + salt) * 0.618) % 1)) / count;
    yield { when, commit: count === Infinity ? 1 + Math.floor(kill / 2) : 1 + Math.floor(place * COMMITS_OF[kind]) };
  }
}

/** The commit at which the nth process is killed: spread over a run's commits; with as many kills as commits, each is hit. */
export function commitOf(kill: number, kills: number): number {
  return 1 + Math.floor((((kill + SEED / 2) % kills) / kills) * COMMITS);
}
