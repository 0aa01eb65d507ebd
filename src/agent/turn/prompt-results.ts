import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';
import type { ToolOutput } from '../../workflow/protocol/index.ts';
import { userPart } from './prompt-files.ts';

/** What came of a call, as providers take it. */
export function resultOutput(output: ToolOutput): LanguageModelV4ToolResultOutput {
  switch (output.type) {
    case 'text':
      return { type: 'text', value: output.value };
    case 'json':
      return { type: 'json', value: output.value };
    case 'error':
      return { type: 'error-text', value: output.value };
    case 'content':
      break;
  }
  return { type: 'content', value: output.value.map(userPart) };
}
