import { checkCount, checkKeys } from './checks.ts';
import { DefinitionError } from './errors.ts';
import type { ModelSettings } from './types.ts';

const KEYS = [
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'providerOptions',
] as const satisfies readonly (keyof ModelSettings)[];

/** Refuses settings that no model takes. @throws DefinitionError */
export function checkSettings(settings: ModelSettings, path: string): void {
  checkKeys(settings, KEYS, path);
  for (const key of ['temperature', 'topP', 'topK', 'seed'] as const)
    if (settings[key] !== undefined && !Number.isFinite(settings[key]))
      throw new DefinitionError(`${path}.${key}`, `${JSON.stringify(settings[key])} is no number.`, {
        fix: 'Give a number.',
      });
  if (settings.maxOutputTokens !== undefined) checkCount(settings.maxOutputTokens, 1, `${path}.maxOutputTokens`);
}
