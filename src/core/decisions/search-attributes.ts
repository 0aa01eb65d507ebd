import type { temporal } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';
import { checkAttributeSizes, checkedAttributes, SearchAttributeProblem } from '../search-attributes/validate.ts';
import type { AttributeTypes } from '../search-attributes/types.ts';
import type { Decision } from './decision.ts';

type SearchAttributes = temporal.api.common.v1.ISearchAttributes;

/**
 * Search attributes of a command as they are recorded, each with its type.
 * @param inContext what a server says about values of a wrong type or kind.
 * @throws WorkflowTaskRefused when they are none of the namespace.
 */
export function acceptAttributes(
  { attributesOf }: Decision,
  attributes: SearchAttributes,
  namespace: string,
  inContext: (problem: string) => string = (problem) => problem,
): SearchAttributes {
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES;
  try {
    const checked = checkedAttributes(attributes, { namespace, declared: attributesOf?.(namespace) ?? none });
    checkAttributeSizes(attributes);
    return checked;
  } catch (error) {
    if (!(error instanceof SearchAttributeProblem)) throw error;
    // Names are looked up before anything else is.
    throw new WorkflowTaskRefused(cause, error.isUnknownName ? error.message : inContext(error.message));
  }
}

const none: AttributeTypes = new Map();
