import type { LanguageModelV4 } from '@ai-sdk/provider';
import { ruleModel } from './rule-model/index.ts';

/** What the examples think with: `PERDURE_MODEL=openai/gpt-5-mini` with its key, or rules that need none. */
export const model: string | LanguageModelV4 = process.env['PERDURE_MODEL'] || ruleModel();
