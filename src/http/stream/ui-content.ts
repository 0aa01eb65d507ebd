import type { FilePart, Json, TextPart, ToolOutput, UserContent } from '../../workflow/protocol/index.ts';
import type { UiUserPart } from './ui-chunk.ts';

/** What came of a call, as a UI is shown it. */
export function uiOutput(output: ToolOutput): Json {
  if (output.type !== 'content') return output.value;
  return output.value.map((part) => ({ ...userPart(part) }));
}

/** What a user said, as parts of a UI message. */
export function userParts(content: UserContent): UiUserPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(userPart);
}

/** Whether a value is what a user may say. */
export function isUserContent(value: unknown): value is UserContent {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.every((part) => ['text', 'file'].includes(String(Object(part)['type'])));
}

function userPart(part: TextPart | FilePart): UiUserPart {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { mediaType, data, filename } = part;
  const url = /^(https?|data):/.test(data) ? data : `data:${mediaType};base64,${data}`;
  return { type: 'file', mediaType, url, ...(filename === undefined ? {} : { filename }) };
}
