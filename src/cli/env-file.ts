import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const FILE = '.env';

/** Variables that a file has set. */
let fromFile: readonly string[] = [];

/** Takes settings from `.env` in the working directory, where there is one. What the environment says comes first. */
export function loadEnvFile(): void {
  const known = new Set(Object.keys(process.env));
  const entries = Object.entries(read()).filter(([name]) => !known.has(name));
  for (const [name, value] of entries) process.env[name] = value;
  fromFile = entries.map(([name]) => name);
}

/** The environment as it was before, with what the file says now. */
export function freshEnvironment(): NodeJS.ProcessEnv {
  const given = Object.fromEntries(Object.entries(process.env).filter(([name]) => !fromFile.includes(name)));
  return { ...read(), ...given };
}

function read(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(FILE, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return {};
    throw error;
  }
}
