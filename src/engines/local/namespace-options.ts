import type { Duration } from '@temporalio/common';
import { toDuration } from '../../core/proto.ts';
import { type AttributeType, attributeTypes, numberOfType, typeOfName } from '../../core/search-attributes/types.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { type Check, show } from '../../engine/shape.ts';
import { msToNumber } from '../../official.ts';
import type { OpenService } from './engine.ts';

/** Types of search attributes by their names: `{ CustomerId: 'Keyword' }`. */
export type SearchAttributes = Readonly<Record<string, AttributeType>>;

/** What an engine's options say of its namespace. */
export interface NamespaceOptions {
  readonly searchAttributes?: SearchAttributes;
  readonly retention?: Duration;
}

const shortest = 3_600_000;

/** Checks the option `searchAttributes`. */
export const searchAttributesShape: Check = (path, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, `${show(value)} is no object.`, { fix: 'Give an object of names and types.' });
  }
  for (const [name, type] of Object.entries(value)) {
    if (typeof type === 'string' && typeOfName(type) !== undefined) continue;
    throw new ConfigurationError(`${path}.${name}`, `${show(type)} is no type of a search attribute.`, {
      fix: `Name one of ${attributeTypes.join(', ')}.`,
    });
  }
};

/** Checks the option `retention`. */
export const retentionShape: Check = (path, value) => {
  const time = millisecondsOf(value);
  if (time !== undefined && time >= shortest) return;
  throw new ConfigurationError(path, `${show(value)} is no time of an hour or more.`, { fix: "Give one as '30d'." });
};

function millisecondsOf(value: unknown): number | undefined {
  try {
    return typeof value === 'string' || typeof value === 'number' ? msToNumber(value as Duration) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Declares an engine's search attributes and sets its retention.
 * @throws ConfigurationError when an attribute is of another type already; the engine is closed then.
 */
export async function applyToNamespace(
  { service, close }: OpenService,
  namespace: string,
  { searchAttributes = {}, retention }: NamespaceOptions,
): Promise<void> {
  try {
    const wanted = Object.entries(searchAttributes).map(([name, type]) => [name, numberOf(type)] as const);
    if (wanted.length > 0) {
      await service.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(wanted) });
      const { customAttributes } = await service.listSearchAttributes({ namespace });
      for (const [name, type] of wanted) if (customAttributes?.[name] !== type) throw isOther(name);
    }
    const time = retention === undefined ? undefined : millisecondsOf(retention);
    if (time !== undefined) {
      await service.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: toDuration(time) } });
    }
  } catch (error) {
    await close();
    throw error;
  }
}

function numberOf(name: string): number {
  return numberOfType(typeOfName(name) ?? 'Keyword');
}

function isOther(name: string): ConfigurationError {
  return new ConfigurationError(`searchAttributes.${name}`, 'was declared with another type.', {
    fix: 'Give that type, or remove the attribute first (`temporal operator search-attribute remove`).',
  });
}
