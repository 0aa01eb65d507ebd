import { ConfigurationError } from '../../engine/index.ts';

/** How something is: as it should be; worth a look; or in the way of work. */
export type Condition = 'ok' | 'warning' | 'broken';

/** What a check has found. */
export interface Finding {
  /** What was looked at, such as `Redis`. */
  readonly area: string;
  readonly condition: Condition;
  /** What it is like. Has no secrets. */
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Looks at one thing. Never rejects for what it looks for. */
export type Check = () => Promise<readonly Finding[]>;

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Something that is as it should be. */
export function fine(area: string, says: string): Finding {
  return { area, condition: 'ok', says };
}

/** What an error says, as a finding: errors of ours say themselves what to do. */
export function trouble(area: string, error: unknown, condition: Condition = 'broken'): Finding {
  const message = error instanceof Error ? error.message : String(error);
  if (ConfigurationError.is(error)) {
    const says = message.endsWith(error.fix) ? message.slice(0, -error.fix.length).trim() : message;
    return { area, condition, says, fix: error.fix };
  }
  // Others say first what is wrong.
  const [, says = message, fix] = /^(.*?[.!?]) ((?:Check|Start|Set|Install|Run|Use|Give)\b.*)$/s.exec(message) ?? [];
  return { area, condition, says, ...(fix === undefined ? {} : { fix }) };
}
