import { call, finish } from '../../call-model/support.ts';
import type { BadOutput } from '../bad-output.ts';

/** Valid arguments of tools that are there; each is cut after every byte but the last. */
const samples: readonly (readonly [tool: string, text: string])[] = [
  ['lookup_order', '{"orderId":"1042"}'],
  ['refund', '{"orderId":"A-7","amount":12.5,"note":"scratched \\"lid\\""}'],
  ['refund', '{\n  "amount": -1e2,\n  "orderId": "B"\n}'],
  ['tag', '{"tags":[["a","b"],[true,null]],"at":{"x":{"y":0}}}'],
  ['lookup_order', '{"orderId":"Größe 😀 \\u00e9\\ud83d\\ude00"}'],
];

const cut = samples.flatMap(([tool, text]) => {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: bytes.length - 1 }, (_, length): BadOutput => {
    const part = new TextDecoder().decode(bytes.subarray(0, length));
    return {
      name: `${tool}(${JSON.stringify(part)}`,
      script: [call(tool, part), { ...finish, finishReason: { unified: 'length', raw: 'length' } }],
      outcome: 'refused',
    };
  });
});

/** Some cuts come to the same: those of two samples that begin alike, and those within one character. */
export const truncatedJson: readonly BadOutput[] = [...new Map(cut.map((each) => [each.name, each])).values()];
