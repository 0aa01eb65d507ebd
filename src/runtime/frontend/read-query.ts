import { predefinedAttributes, systemAttributes } from '../../core/search-attributes/types.ts';
import { parseQuery, QueryProblem } from '../../core/visibility/parse.ts';
import type { Query } from '../../core/visibility/parse.ts';
import { invalidArgument } from '../errors.ts';
import type { FrontendContext } from './context.ts';

/** What a query asks for. @throws ServiceError INVALID_ARGUMENT in a server's words. */
export async function readQuery(
  { namespaces }: FrontendContext,
  namespace: string,
  query: string | null | undefined,
): Promise<Query> {
  const text = query ?? '';
  try {
    return parseQuery(text, namespaces.attributesKnown(namespace));
  } catch (error) {
    if (!(error instanceof QueryProblem)) throw error;
    // Somebody else may have declared what it names.
    const wanted = namesIn(text);
    const known = namespaces.attributesKnown(namespace);
    const fresh = wanted.length > 0 ? await namespaces.attributesOf(namespace, wanted) : known;
    if (fresh === known) throw invalidArgument(error.message);
    return readAgain(text, fresh);
  }
}

function readAgain(text: string, declared: Parameters<typeof parseQuery>[1]): Query {
  try {
    return parseQuery(text, declared);
  } catch (error) {
    throw error instanceof QueryProblem ? invalidArgument(error.message) : error;
  }
}

/** What may be names of attributes in a query that was not understood. */
function namesIn(text: string): string[] {
  const names = text.match(/[A-Za-z_]\w*/g) ?? [];
  return names.filter((name) => !systemAttributes.has(name) && !predefinedAttributes.has(name));
}
