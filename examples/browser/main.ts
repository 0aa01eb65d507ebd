/** A page that shows a run while it happens. `npm run example examples/browser/main.ts`, then open what it prints; Ctrl-C ends it. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineAgent } from 'perdure';
import { serveApi } from 'perdure/http';
import { findParcel } from '../http/parcel.ts';
import { locally } from '../locally.ts';
import { model } from '../model.ts';

const parcels = defineAgent({
  name: 'parcels',
  model,
  instructions: 'You answer questions about parcels. Look them up.',
  tools: [findParcel],
});

// The page: any web server does. The API is told which pages may use it.
const page = await readFile(new URL('page.html', import.meta.url), 'utf8');
let api = '';
const web = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page.replace('{{api}}', api));
});
web.listen(0, '127.0.0.1');
await once(web, 'listening');
const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;

await locally({ agents: [parcels] }, async (perdure) => {
  const server = await serveApi({ perdure, agents: [parcels], cors: [origin], port: 0 });
  api = server.url;
  console.log(origin);
  await once(process, 'SIGINT');
  await server.close();
});
web.close();
