/** The id of a namespace in events: a UUID that follows from its name, so that nothing need be stored. */
export function namespaceId(name: string): string {
  const words = [0, 1, 2, 3].map((seed) => fnv1a(`${seed}/${name}`).toString(16).padStart(8, '0')).join('');
  return [
    words.slice(0, 8),
    words.slice(8, 12),
    `8${words.slice(13, 16)}`,
    `a${words.slice(17, 20)}`,
    words.slice(20),
  ].join('-');
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
