/** Agents over HTTP: the server, and a client that needs nothing of perdure, only `fetch`. It goes on where it was when its connection is cut. */
import { defineAgent } from 'perdure';
import { serveApi } from 'perdure/http';
import { locally } from './locally.ts';
import { findParcel } from './http/parcel.ts';
import { model } from './model.ts';

const parcels = defineAgent({
  name: 'parcels',
  model,
  instructions: 'You answer questions about parcels. Look them up.',
  tools: [findParcel],
});

interface Event {
  readonly id: string;
  readonly type: string;
  readonly [name: string]: unknown;
}

/** The events of a run after one that is known, each as a message of the stream; a blank line ends a message. */
async function* eventsOf(url: string, last: string | undefined): AsyncGenerator<Event> {
  const response = await fetch(url, { headers: last === undefined ? {} : { 'last-event-id': last } });
  // The run has ended, and we have heard its last event.
  if (response.status === 204) return;
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + piece).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const data = message.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as Event;
    }
  }
}

async function client(url: string): Promise<void> {
  const started = await fetch(`${url}/api/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ agent: 'parcels', input: 'Where is the parcel P-5?' }),
  });
  const run = `${url}${started.headers.get('location')}`;
  let last: string | undefined;
  for (let isMore = true; isMore;) {
    isMore = false;
    for await (const event of eventsOf(`${run}/events`, last)) {
      console.log(event.type);
      last = event.id;
      isMore = true;
      // As if the network went away after each event.
      break;
    }
  }
  const { result } = (await (await fetch(run)).json()) as { readonly result: { readonly output: string } };
  console.log(result.output);
}

await locally({ agents: [parcels] }, async (perdure) => {
  const server = await serveApi({ perdure, agents: [parcels], port: 0 });
  await client(server.url);
  await server.close();
});
