/**
 * An MCP server over stdio: the catalogue of a library. Real ones are made with `@modelcontextprotocol/sdk`; this one says by itself the few messages that it
 * takes, one line of JSON each.
 */
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly book?: string } };
}

const inputSchema = {
  type: 'object',
  properties: { book: { type: 'string', pattern: String.raw`^B-\d+$`, description: 'The number of the book.' } },
  required: ['book'],
};
const tools = [
  { name: 'find_book', description: 'Find where a book is.', inputSchema, annotations: { readOnlyHint: true } },
  { name: 'lend_book', description: 'Lend a book for a month.', inputSchema },
];

function answer({ method, params }: Message): object {
  if (method === 'initialize') {
    const serverInfo = { name: 'library', version: '1.0.0' };
    return { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo };
  }
  if (method === 'tools/list') return { tools };
  const book = params?.arguments?.book ?? '';
  const what = params?.name === 'lend_book' ? { book, status: 'lent' } : { book, shelf: 'C 4' };
  return { content: [{ type: 'text', text: JSON.stringify(what) }], structuredContent: what };
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Message;
  if (message.id === undefined) continue; // a notification
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: answer(message) })}\n`);
}
