import { ConfigurationError, type Engine } from 'perdure/engine';
import type { Environment } from 'perdure/engines';
import { createStoreEngine } from 'perdure/store';
import { JournalStore } from './journal-store.ts';

/** Configuration of the engine. */
export interface JournalConfig {
  /** The file that it keeps its runs in. Default: the variable `JOURNAL_FILE`. */
  readonly file?: string;
}

// So that TypeScript knows `{ type: 'journal', file: … }` wherever an engine may be configured.
declare module 'perdure/engines' {
  interface CustomEngines {
    journal: JournalConfig;
  }
}

/** Opens the engine. @throws ConfigurationError, StoreError */
export async function openJournalEngine(config: JournalConfig, env: Environment): Promise<Engine> {
  const file = config.file ?? env['JOURNAL_FILE'];
  if (typeof file !== 'string' || file === '') {
    throw new ConfigurationError('file', 'is missing.', { fix: 'Name a file, or set JOURNAL_FILE.' });
  }
  return await createStoreEngine({ name: 'journal', store: await JournalStore.open(file) });
}
