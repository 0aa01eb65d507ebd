import type { temporal } from '@temporalio/proto';
import {
  checkAttributeSizes,
  checkedAttributes,
  SearchAttributeProblem,
} from '../../core/search-attributes/validate.ts';
import {
  type AttributeType,
  isReserved,
  numberOfType,
  predefinedAttributes,
  systemAttributes,
  typeOfNumber,
} from '../../core/search-attributes/types.ts';
import { IndexedValueType } from '../../core/proto.ts';
import { invalidArgument, namespaceNotFound } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';

type SearchAttributes = temporal.api.common.v1.ISearchAttributes;

/** The RPCs about search attributes, the operator's included. */
export function searchAttributeHandlers(
  context: FrontendContext,
): Handlers<'addSearchAttributes' | 'removeSearchAttributes' | 'listSearchAttributes' | 'getSearchAttributes'> {
  const { namespaces } = context;
  return {
    async addSearchAttributes(request) {
      const asked = Object.entries(request.searchAttributes ?? {});
      if (asked.length === 0) throw notSet();
      for (const [name, number] of asked) refuseName(name, number);
      const namespace = requireSet(context, request.namespace);
      const added = asked.map(([name, number]) => [name, requireType(number)] as const);
      await namespaces.change(namespace, (record) => {
        // Whoever asks for one that is there gets it as it is, as on a server.
        const fresh = added.filter(([name]) => !Object.hasOwn(record.searchAttributes, name));
        if (fresh.length === 0) return undefined;
        return { ...record, searchAttributes: { ...record.searchAttributes, ...Object.fromEntries(fresh) } };
      });
      return {};
    },
    async removeSearchAttributes(request) {
      const asked = request.searchAttributes ?? [];
      if (asked.length === 0) throw notSet();
      const namespace = requireSet(context, request.namespace);
      await namespaces.change(namespace, (record) => {
        const fixed = asked.find((name) => systemAttributes.has(name) || predefinedAttributes.has(name));
        if (fixed !== undefined) throw invalidArgument(`Unable to remove non-custom search attributes: ${fixed}.`);
        const left = Object.entries(record.searchAttributes).filter(([name]) => !asked.includes(name));
        return { ...record, searchAttributes: Object.fromEntries(left) };
      });
      return {};
    },
    async listSearchAttributes(request) {
      const namespace = requireSet(context, request.namespace);
      return {
        customAttributes: numbered(await namespaces.attributesOf(namespace, [])),
        systemAttributes: { ...numbered(systemAttributes), ...numbered(predefinedAttributes) },
        storageSchema: {},
      };
    },
    async getSearchAttributes() {
      const own = namespaces.names.map((name) => numbered(namespaces.attributesKnown(name)));
      return { keys: Object.assign({}, ...own, numbered(systemAttributes), numbered(predefinedAttributes)) };
    },
  };
}

/**
 * Search attributes of a request as they are recorded, each with its type.
 * @throws ServiceError INVALID_ARGUMENT in a server's words.
 */
export async function acceptAttributes(
  { namespaces }: FrontendContext,
  attributes: SearchAttributes,
  namespace: string,
): Promise<SearchAttributes> {
  const declared = await namespaces.attributesOf(namespace, Object.keys(attributes.indexedFields ?? {}));
  try {
    const checked = checkedAttributes(attributes, { namespace, declared });
    checkAttributeSizes(attributes);
    return checked;
  } catch (error) {
    throw error instanceof SearchAttributeProblem ? invalidArgument(error.message) : error;
  }
}

function requireSet({ namespaces }: FrontendContext, namespace: string | null | undefined): string {
  if (!namespace) throw invalidArgument('Namespace is not set on request.');
  if (!namespaces.has(namespace)) throw namespaceNotFound(namespace);
  return namespace;
}

function refuseName(name: string, number: number): void {
  if (isReserved(name)) throw invalidArgument(`Search attribute ${name} is reserved by system.`);
  if (IndexedValueType[number] === undefined) throw invalidArgument(`Unknown search attribute type: ${number}.`);
}

function requireType(number: number): AttributeType {
  const type = typeOfNumber(number);
  if (type !== undefined) return type;
  throw invalidArgument(
    'Unable to create search attributes: cannot have more than 0 search attribute of type Unspecified.',
  );
}

function notSet(): Error {
  return invalidArgument('SearchAttributes are not set on request.');
}

function numbered(types: Iterable<readonly [string, AttributeType]>): Record<string, number> {
  return Object.fromEntries([...types].map(([name, type]) => [name, numberOfType(type)]));
}
