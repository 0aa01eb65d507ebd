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

/** Whatever somebody else checks. */
export const anything: Check = () => {};

/** An object with settings of this shape and no others. @param name what the outermost one is called. */
export function section(shape: Shape, name = 'config'): Check {
  return (path, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(path || name, `${show(value)} is no object.`, { fix: 'Give an object.' });
    }
    for (const [key, entry] of Object.entries(value)) {
      const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
      const inner = path === '' ? key : `${path}.${key}`;
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
