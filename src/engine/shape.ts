import { ConfigurationError } from './errors.ts';

/** Checks one setting. @throws ConfigurationError when it is wrong. */
export type Check = (path: string, value: unknown) => void;

/** The settings that there are, and how each is checked when it is given. */
export type Shape = Readonly<Record<string, Check>>;

/** A string that says something. */
export const text: Check = (path, value) => {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw new ConfigurationError(path, `${show(value)} is no text.`, { fix: 'Give a string that is not empty.' });
};

/** True or false. */
export const flag: Check = (path, value) => {
  if (typeof value === 'boolean') return;
  throw new ConfigurationError(path, `${show(value)} is neither true nor false.`, { fix: 'Give a boolean.' });
};

/** An integer. @param smallest the smallest one that makes sense. */
export function count(smallest: number): Check {
  return (path, value) => {
    if (Number.isInteger(value) && (value as number) >= smallest) return;
    throw new ConfigurationError(path, `${show(value)} is no count.`, {
      fix: `Give an integer of at least ${smallest}.`,
    });
  };
}

/** A number of something. */
export function number(smallest: number, unit: string, greatest: number = Number.MAX_VALUE): Check {
  return (path, value) => {
    if (typeof value === 'number' && value >= smallest && value <= greatest) return;
    throw new ConfigurationError(path, `is ${show(value)}.`, { fix: `Give a number of ${unit} from ${smallest} on.` });
  };
}

/** Options of the official client, but for those that an engine sets itself. */
export const clientOptions: Check = (path, value) => {
  if (typeof value === 'object' && value !== null && isUnset(value, 'connection') && isUnset(value, 'namespace'))
    return;
  throw new ConfigurationError(path, 'these are no options of a client of this engine.', {
    fix: 'Give an object with the options of the official client, without `connection` and `namespace`.',
  });
};

function isUnset(options: object, name: string): boolean {
  return (options as Record<string, unknown>)[name] === undefined;
}

/** Whatever somebody else checks. */
export const anything: Check = () => {};

/** Why a setting that people know from elsewhere is none here, and what to do instead. */
export interface Refusal {
  /** As the sentence after its path. */
  readonly problem: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * An object with settings of this shape and no others.
 * @param name what the outermost one is called. @param refused settings of other programs and versions, of which more can be said than that there are none.
 */
export function section(shape: Shape, name = 'config', refused: Readonly<Record<string, Refusal>> = {}): Check {
  return (path, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(path || name, `${show(value)} is no object.`, { fix: 'Give an object.' });
    }
    for (const [key, entry] of Object.entries(value)) {
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      const inner = path === '' ? key : `${path}.${key}`;
      const refusal = Object.hasOwn(refused, key) ? refused[key] : undefined;
      if (refusal !== undefined && entry !== undefined) throw new ConfigurationError(inner, refusal.problem, refusal);
      if (check === undefined) {
        const fix = `Known here: ${Object.keys(shape).join(', ')}.`;
        throw new ConfigurationError(inner, 'there is no such setting.', { fix });
      }
      if (entry !== undefined) check(inner, entry);
    }
  };
}

/** A wrong value, for a message. */
export function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
