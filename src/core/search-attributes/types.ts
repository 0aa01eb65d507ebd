import { IndexedValueType } from '../proto.ts';

/** What values of a search attribute are, as payloads and tools name it. */
export type AttributeType = 'Bool' | 'Datetime' | 'Double' | 'Int' | 'Keyword' | 'KeywordList' | 'Text';

/** Search attributes by name. */
export type AttributeTypes = ReadonlyMap<string, AttributeType>;

/** The same for plain objects, as options have them. */
export type DeclaredAttributes = Readonly<Record<string, AttributeType>>;

/** Numbers of the types in the API. */
const numbers: Readonly<Record<AttributeType, number>> = {
  Text: IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Double: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
  KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
};

/** All types. */
export const attributeTypes: readonly AttributeType[] = Object.keys(numbers) as AttributeType[];

/** A type as the API has it. */
export function numberOfType(type: AttributeType): number {
  return numbers[type];
}

/** The type of a number of the API; `undefined` when there is no such type. */
export function typeOfNumber(number: number): AttributeType | undefined {
  return attributeTypes.find((type) => numbers[type] === number);
}

/** What each run has of itself: nobody can set it. */
export const systemAttributes: AttributeTypes = new Map<string, AttributeType>([
  ['WorkflowId', 'Keyword'],
  ['RunId', 'Keyword'],
  ['WorkflowType', 'Keyword'],
  ['StartTime', 'Datetime'],
  ['ExecutionTime', 'Datetime'],
  ['CloseTime', 'Datetime'],
  ['ExecutionStatus', 'Keyword'],
  ['TaskQueue', 'Keyword'],
  ['HistoryLength', 'Int'],
  ['ExecutionDuration', 'Int'],
  ['StateTransitionCount', 'Int'],
  ['HistorySizeBytes', 'Int'],
  ['ParentWorkflowId', 'Keyword'],
  ['ParentRunId', 'Keyword'],
  ['RootWorkflowId', 'Keyword'],
  ['RootRunId', 'Keyword'],
]);

/** What exists everywhere beside those, kept with a run's own search attributes. */
export const predefinedAttributes: AttributeTypes = new Map<string, AttributeType>([
  ['TemporalChangeVersion', 'KeywordList'],
  ['BinaryChecksums', 'KeywordList'],
  ['BuildIds', 'KeywordList'],
  ['BatcherNamespace', 'Keyword'],
  ['BatcherUser', 'Keyword'],
  ['TemporalScheduledStartTime', 'Datetime'],
  ['TemporalScheduledById', 'Keyword'],
  ['TemporalSchedulePaused', 'Bool'],
  ['TemporalNamespaceDivision', 'Keyword'],
  ['TemporalPauseInfo', 'KeywordList'],
  ['TemporalWorkerDeploymentVersion', 'Keyword'],
  ['TemporalWorkflowVersioningBehavior', 'Keyword'],
  ['TemporalWorkerDeployment', 'Keyword'],
]);

/** Predefined attributes that only a server sets. */
export const serverAttributes: ReadonlySet<string> = new Set([
  'TemporalWorkerDeploymentVersion',
  'TemporalWorkflowVersioningBehavior',
  'TemporalWorkerDeployment',
]);

const reserved = new Set(['NamespaceId', 'MemoEncoding', 'Memo', 'VisibilityTaskKey']);

/** Whether a name cannot be that of an attribute of one's own. */
export function isReserved(name: string): boolean {
  return (
    systemAttributes.has(name) || predefinedAttributes.has(name) || reserved.has(name) || name.startsWith('Temporal')
  );
}
